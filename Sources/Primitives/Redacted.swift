/// A secret that cannot be printed by accident: its description is `<redacted>` in logs, errors and
/// string interpolation. The value is there for code that means it.
package struct Redacted<Value>: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var value: Value

    package init(_ value: Value) {
        self.value = value
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}
