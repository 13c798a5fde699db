import ArgumentParser
import Testing

@testable import StageServer

@Suite struct CommandLineTests {
    private func refusal(_ arguments: [String]) -> String? {
        do {
            _ = try RostrumCommand.parseAsRoot(arguments)
            return nil
        } catch {
            return RostrumCommand.refusal(of: error).line
        }
    }

    @Test(arguments: [
        (["serve", "--no-such-flag"], "rostrum: unknown option '--no-such-flag'"),
        (["serve", "--port", "http"], "rostrum: the value 'http' is invalid for '--port <port>'"),
        (["serve", "more"], "rostrum: unexpected argument 'more'"),
        (["keys", "revoke"], "rostrum: missing expected argument '<id>'"),
    ])
    func wrongArgumentsAreOneLine(arguments: [String], line: String) {
        #expect(refusal(arguments) == line)
    }

    @Test func everySettingIsAFlag() {
        let help = RostrumCommand.helpMessage(for: ServeCommand.self, columns: 200)
        for setting in Setting.allCases { #expect(help.contains(setting.flag + " ")) }
        #expect(help.contains("--config <file>"))
    }

    @Test func theHelpOfEveryCommandHasExamples() {
        for command in RostrumCommand.subcommands {
            let help = RostrumCommand.helpMessage(for: command, columns: 80)
            #expect(help.contains("Examples:"))
            #expect(help.contains("USAGE: rostrum"))
        }
    }

    @Test func keysFindTheirDirectoryAsTheServerDoes() throws {
        let plain = try KeysOptions.parse([])
        #expect(plain.directory(environment: [:]) == "./rostrum-data")
        #expect(plain.directory(environment: ["ROSTRUM_DATA": "there"]) == "there")
        let given = try KeysOptions.parse(["--data", "here"])
        #expect(given.directory(environment: ["ROSTRUM_DATA": "there"]) == "here")
    }
}
