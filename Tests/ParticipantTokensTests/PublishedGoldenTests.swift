import Foundation
import ParticipantTokens
import Primitives
import Testing

/// The golden tokens of `Tokens/golden`, which backends check their own code with: this server judges
/// each as the file says.
@Suite struct PublishedGoldenTests {
    struct File: Decodable, Sendable, CustomTestStringConvertible {
        var why: String
        var expectation: String
        var now: Int64
        var kid: String
        var token: String

        var testDescription: String { why }
    }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Tokens")

    static let files: [File] = {
        let names = try? FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent("golden"), includingPropertiesForKeys: nil)
        return (names ?? []).filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
            .compactMap { name in
                guard let data = try? Data(contentsOf: name) else { return nil }
                return try? JSONDecoder().decode(File.self, from: data)
            }
    }()

    @Test func theFilesAreThere() {
        #expect(Self.files.count >= 40)
        #expect(Set(Self.files.map(\.expectation)) == ["valid", "malformed", "expired"])
    }

    @Test(arguments: files)
    func isJudgedAsItsFileSays(file: File) async throws {
        let pem = try String(
            contentsOf: Self.folder.appendingPathComponent("keys/test-only-public.pem"),
            encoding: .utf8)
        let key = try TokenKey(
            id: "arn:aws:ivs:us-east-1:123456789012:public-key/GoldenKey001",
            createdAt: WallTime(unixSeconds: 0), importedPublicPEM: pem)
        // What signs here is another key: the golden one is a backend's, imported.
        let own = TokenKey.generate(id: "own", at: WallTime(unixSeconds: 0))
        let authority = try await TokenAuthority(keys: [own, key])
        let verdict: String
        do throws(TokenViolation) {
            _ = try await authority.verify(file.token, at: WallTime(unixSeconds: file.now))
            verdict = "valid"
        } catch {
            switch error {
            case .malformed: verdict = "malformed"
            case .expired: verdict = "expired"
            }
        }
        #expect(verdict == file.expectation)
    }
}
