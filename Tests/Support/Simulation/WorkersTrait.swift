package import Testing

/// Runs each test of a suite once for each number of workers: what a room does must not depend on it.
package struct WorkersTrait: SuiteTrait, TestTrait, TestScoping {
    /// How many workers a ``SimulatedRoom`` has that is made now.
    @TaskLocal package static var current = 1

    let counts: [Int]

    package var isRecursive: Bool { true }

    @concurrent
    package func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        for count in counts {
            try await Self.$current.withValue(count) { try await function() }
        }
    }
}

extension Trait where Self == WorkersTrait {
    package static func workers(_ counts: Int...) -> WorkersTrait { WorkersTrait(counts: counts) }
}
