import Storage
import StorageConformance
import Testing

@Suite("Storage in memory")
struct InMemoryStorageTests {
    @Test("does what every storage does")
    func conforms() async throws {
        try await StorageConformance { InMemoryStorage(limits: $0) }.run()
    }
}
