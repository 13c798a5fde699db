import StageAPI

extension SettingsReader {
    /// `tokens=200`, several times, over the defaults; or `off`.
    func apiRates(isDevelopment: Bool) throws(StartRefusal) -> APIRates {
        let texts = try list(.apiRate, limit: APIRateGroup.allCases.count)
        if texts.isEmpty { return isDevelopment ? .unlimited : .standard }
        if texts == ["off"] { return .unlimited }
        var rates = APIRates.standard
        for text in texts {
            let (group, rate) = try apiRate(text)
            rates[group] = rate
        }
        return rates
    }

    private func apiRate(
        _ text: String
    ) throws(StartRefusal) -> (APIRateGroup, APIRate?) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let group = APIRateGroup(rawValue: parts[0]) else {
            let groups = APIRateGroup.allCases.map(\.rawValue).joined(separator: ", ")
            throw refusal(
                .apiRate, "must be off or like tokens=200, with one of \(groups), not \"\(text)\"")
        }
        if parts[1] == "off" { return (group, nil) }
        guard let rate = Int(parts[1]), APILimits.apiRate.contains(rate) else {
            throw refusal(
                .apiRate,
                "must be off or from \(APILimits.apiRate.lowerBound) to "
                    + "\(APILimits.apiRate.upperBound) calls a second, not \"\(text)\"")
        }
        return (group, APIRate(perSecond: rate))
    }
}
