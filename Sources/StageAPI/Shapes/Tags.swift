extension InputReader {
    /// At most 50 tags, none of which begins with `aws:`.
    func tags(_ name: String) -> [String: String]? {
        map(name, count: 0...APILimits.tagsPerResource, key: .tagKey, value: .tagValue)
    }

    func requiredTags(_ name: String) -> [String: String] {
        guard has(name) else {
            rejectMissing(name)
            return [:]
        }
        return tags(name) ?? [:]
    }

    func requiredTagKeys(_ name: String) -> [String] {
        guard has(name) else {
            rejectMissing(name)
            return []
        }
        return strings(name, count: 0...APILimits.tagsPerResource, each: .tagKey) ?? []
    }
}
