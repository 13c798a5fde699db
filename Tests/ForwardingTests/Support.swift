import Testing

/// `#require` for expressions that change what they are called on, which a macro cannot capture.
func must<Value>(_ value: Value?) throws -> Value { try #require(value) }
