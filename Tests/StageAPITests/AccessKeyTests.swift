import Primitives
import Storage
import Synchronization
import Testing

@testable import StageAPI

@Suite("Access keys")
struct AccessKeyTests {
    @Test(
        "a permission takes its operations and names what is missing for others",
        arguments: [
            ("ListStages", AccessPermission.read), ("GetStage", .read),
            ("ListTagsForResource", .read), ("CreateParticipantToken", .tokens),
            ("DisconnectParticipant", .tokens), ("CreateStage", .all), ("DeleteStage", .all),
            ("TagResource", .all), ("ImportPublicKey", .all),
        ])
    func permissions(_ operation: String, _ needed: AccessPermission) {
        let order = AccessPermission.allCases
        for permission in order {
            let key = AccessKey(id: "A", secret: Redacted("s"), permission: permission)
            let isEnough = order.firstIndex(of: permission)! >= order.firstIndex(of: needed)!
            do throws(APIError) {
                try key.authorize(operation)
                #expect(isEnough)
            } catch {
                #expect(!isEnough)
                #expect(error.name == "AccessDeniedException" && error.status == 403)
                #expect(error.message.contains("ivs:\(operation)"))
                #expect(error.message.contains("'\(permission.rawValue)'"))
                #expect(error.message.contains("'\(needed.rawValue)'"))
            }
        }
    }

    @Test("a request that its key may not make does nothing")
    func denied() async throws {
        let test = try await TestService()
        let arn = try await test.createStage()
        let reader = try await test.accessKeys.create(permission: .read, at: test.now)
        let minter = try await test.accessKeys.create(permission: .tokens, at: test.now)
        for key in [reader, minter] {
            #expect(try await test.call("ListStages", key: key).status == 200)
            let answer = try await test.call("DeleteStage", ["arn": .string(arn)], key: key)
            #expect(answer.error == "403 AccessDeniedException")
        }
        let token: JSONValue = ["stageArn": .string(arn)]
        #expect(try await test.call("CreateParticipantToken", token, key: reader).status == 403)
        #expect(try await test.call("CreateParticipantToken", token, key: minter).status == 200)
        // Who may not do it learns nothing of what is wrong with it.
        let invalid = try await test.call("CreateStage", ["name": 7], key: reader)
        #expect(invalid.error == "403 AccessDeniedException")
        #expect(try await test.succeed("GetStage", ["arn": .string(arn)])["stage"] != nil)
    }

    @Test("what another process makes counts at once; what it revokes, within a second")
    func otherProcess() async throws {
        let test = try await TestService()
        let other = AccessKeyDirectory(vault: test.vault)
        let key = try await other.create(at: test.now)
        #expect(try await test.call("ListStages", key: key).status == 200)
        #expect(try await other.revoke(key.id))
        test.wait(.milliseconds(999))
        #expect(try await test.call("ListStages", key: key).status == 200)
        test.wait(.milliseconds(1))
        let refused = try await test.call("ListStages", key: key)
        #expect(refused.error == "403 UnrecognizedClientException")
    }

    @Test("revoked in the same process, a key is refused at once")
    func sameProcess() async throws {
        let test = try await TestService()
        let key = try await test.accessKeys.create(at: test.now)
        #expect(try await test.call("ListStages", key: key).status == 200)
        #expect(try await test.accessKeys.revoke(key.id))
        #expect(try await test.call("ListStages", key: key).status == 403)
    }

    @Test("the last use is written once a minute, and only of a right signature")
    func lastUse() async throws {
        let test = try await TestService()
        let key = try await test.accessKeys.create(name: "backend", at: test.now)
        let writer = Task {
            await test.accessKeys.recordUses { Issue.record("not written: \($0)") }
        }
        defer { writer.cancel() }
        var wrong = key
        wrong.secret = Redacted("wrong")
        _ = try await test.call("ListStages", key: wrong)
        #expect(try await test.accessKeys.list().map(\.lastUsedAt) == [nil])

        let first = test.now
        _ = try await test.call("ListStages", key: key)
        #expect(try await lastUse(test, is: first))
        test.wait(.seconds(59))
        _ = try await test.call("ListStages", key: key)
        test.wait(.seconds(1))
        _ = try await test.call("ListStages", key: key)
        #expect(try await lastUse(test, is: test.now))
        #expect(try await test.accessKeys.revoke(key.id))
        #expect(try await test.storage.settings(prefix: "access-key").isEmpty)
    }

    private func lastUse(_ test: TestService, is time: WallTime) async throws -> Bool {
        for _ in 0..<500 {
            if try await test.accessKeys.list().first?.lastUsedAt == time { return true }
            try await Task.sleep(for: .milliseconds(2))
        }
        return false
    }

    @Test("the table of signers is bounded, and its signing keys go with their secret")
    func bounds() {
        var table = SignerTable()
        let now = TestService.start
        func key(_ id: String, _ secret: String = "s") -> AccessKey {
            AccessKey(id: id, secret: Redacted(secret))
        }
        let scope = SignatureScope(date: "20250615", region: "local", service: "ivs")
        for index in 0..<APILimits.cachedSigners { _ = table.put(key("\(index)"), scope, at: now) }
        #expect(table.signer("0", scope, at: now) != nil)
        _ = table.put(key("one more"), scope, at: now)
        #expect(table.signer("0", scope, at: now) == nil)
        #expect(table.signer("one more", scope, at: now) != nil)
        #expect(table.signer("one more", scope, at: now + .milliseconds(-1)) == nil)

        let first = table.put(key("a", "1"), scope, at: now).signingKey
        #expect(table.put(key("a", "1"), scope, at: now).signingKey == first)
        #expect(table.put(key("a", "2"), scope, at: now).signingKey != first)
        for day in 0..<(3 * APILimits.cachedScopes) {
            let other = SignatureScope(date: "\(day)", region: "local", service: "ivs")
            #expect(
                table.signer("a", other, at: now)?.signingKey == other.signingKey(Redacted("2")))
        }
    }
}
