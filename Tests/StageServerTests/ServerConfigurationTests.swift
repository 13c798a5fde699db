import ArgumentParser
import Configuration
import Primitives
import StageAPI
import Stages
import Testing

@testable import StageServer

/// A configuration as the command line, the environment and a file make it.
func configuration(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
) throws -> ServerConfiguration {
    let options = try ServeOptions.parse(arguments)
    let file = try file.map { try ConfigurationFile(path: "rostrum.json", bytes: Array($0.utf8)) }
    return try ServerConfiguration(
        SettingsReader(flags: options.given, environment: environment, file: file))
}

/// What is said instead.
func refusal(
    _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
) -> StartRefusal? {
    do {
        _ = try configuration(arguments, environment: environment, file: file)
        return nil
    } catch {
        return error as? StartRefusal
    }
}

@Suite struct ServerConfigurationTests {
    @Test func defaults() throws {
        let made = try configuration()
        #expect(!made.isDevelopment)
        #expect(made.data == .directory("./rostrum-data"))
        #expect(made.http == TransportAddress(host: "127.0.0.1", port: 7700))
        #expect(made.mediaPort == 7701)
        #expect(made.mediaAddresses.isEmpty)
        #expect(made.workers == nil)
        #expect(made.publicURL == nil)
        #expect(made.tls == nil)
        #expect(made.region == "us-east-1")
        #expect(made.account == "123456789012")
        #expect(made.logLevel == .info)
        #expect(made.logFormat == .text)
        #expect(made.grace == .seconds(10))
    }

    @Test func liveLimits() throws {
        let plain = try configuration().live
        #expect(plain.stage.sessionLinger == .seconds(60))
        #expect(plain.historyAge == .seconds(30 * 86_400))
        #expect(plain.stage.publishedShortSide == 720)
        #expect(plain.stage.publishedBitrate == 8_500_000)
        #expect((plain.publishers, plain.subscriptions) == (1_000, 20_000))
        #expect(plain.replicationsPerParticipant == 5)
        let made = try configuration([
            "--session-linger", "0", "--history-days", "7", "--max-publish-height", "1080",
            "--max-publish-bitrate", "20000000", "--quota", "concurrentPublishers=3",
            "--quota", "concurrentSubscriptions=4", "--quota", "replicationsPerParticipant=6",
        ]).live
        #expect(made.stage.sessionLinger == .zero)
        #expect(made.historyAge == .seconds(7 * 86_400))
        #expect(made.stage.publishedShortSide == 1080)
        #expect(made.stage.publishedBitrate == 20_000_000)
        #expect((made.publishers, made.subscriptions) == (3, 4))
        #expect(made.replicationsPerParticipant == 6)
    }

    @Test func developmentKeepsDataInMemoryUnlessToldWhere() throws {
        #expect(try configuration(["--dev"]).data == .memory)
        #expect(try configuration(["--dev", "--data", "x"]).data == .directory("x"))
        #expect(try configuration(environment: ["ROSTRUM_DEV": "yes"]).isDevelopment)
        #expect(try configuration(file: #"{"dev": true}"#).data == .memory)
    }

    @Test func flagsWinOverEnvironmentOverFile() throws {
        let file = #"{"port": 1, "region": "file-1", "mediaAddress": "192.0.2.1"}"#
        let environment = ["ROSTRUM_PORT": "2", "ROSTRUM_REGION": "env-1"]
        let made = try configuration(["--port", "3"], environment: environment, file: file)
        #expect(made.http.port == 3)
        #expect(made.region == "env-1")
        #expect(made.mediaAddresses == [TransportAddress(host: "192.0.2.1", port: 0)!])
    }

    /// Every setting is read from all three places, under its three names.
    @Test(arguments: [
        (Setting.data, "somewhere"), (.host, "127.0.0.2"), (.port, "81"), (.mediaPort, "82"),
        (.mediaAddress, "192.0.2.7"), (.workers, "3"), (.loudest, "3"),
        (.publicURL, "https://a.example"),
        (.region, "eu-west-3"), (.account, "000000000001"), (.logLevel, "debug"),
        (.logFormat, "json"), (.grace, "3"), (.samples, "pages"), (.quota, "stages=2"),
        (.sessionLinger, "1"), (.historyDays, "7"), (.maxPublishHeight, "1080"),
        (.maxPublishBitrate, "20000000"),
    ])
    func everySettingHasThreePlaces(setting: Setting, value: String) throws {
        let plain = try configuration()
        let byFlag = try configuration([setting.flag, value])
        let json = setting.kind == .integer ? value : "\"\(value)\""
        #expect(try configuration(environment: [setting.variable: value]) == byFlag)
        #expect(try configuration(file: "{\"\(setting.key)\": \(json)}") == byFlag)
        #expect(byFlag != plain)
    }

    @Test func names() {
        #expect(Setting.publicURL.flag == "--public-url")
        #expect(Setting.publicURL.variable == "ROSTRUM_PUBLIC_URL")
        #expect(Setting.mediaAddress.variable == "ROSTRUM_MEDIA_ADDRESS")
        #expect(Setting.tlsCert.flag == "--tls-cert")
    }

    @Test func listsComeRepeatedSeparatedAndAsArrays() throws {
        let wanted = ["192.0.2.1", "2001:db8::1"].map { TransportAddress(host: $0, port: 0)! }
        #expect(
            try configuration(["--media-address", "192.0.2.1", "--media-address", "2001:db8::1"])
                .mediaAddresses == wanted)
        #expect(
            try configuration(environment: ["ROSTRUM_MEDIA_ADDRESS": "192.0.2.1, 2001:db8::1"])
                .mediaAddresses == wanted)
        #expect(
            try configuration(
                file: #"{"mediaAddress": ["192.0.2.1", "2001:db8::1", "192.0.2.1"]}"#
            ).mediaAddresses == wanted)
    }

    @Test func quotasAreIVSsUnlessSet() throws {
        #expect(try configuration().quotas == ServiceQuotas())
        let made = try configuration(["--quota", "stages=5000", "--quota", "publicKeys=0"])
        #expect(made.quotas.stages == 5000)
        #expect(made.quotas.publicKeys == 0)
        #expect(made.quotas.compositions == 20)
        var quotas = ServiceQuotas()
        for (index, name) in ServiceQuotas.names.enumerated() {
            let isSet = quotas.set(name, to: -index - 1)
            #expect(isSet)
        }
        let values = Mirror(reflecting: quotas).children.compactMap { $0.value as? Int }
        #expect(values.sorted() == (-values.count ... -1).map { $0 })
    }

    @Test func anEmptyVariableIsNone() throws {
        #expect(try configuration(environment: ["ROSTRUM_PORT": ""]).http.port == 7700)
    }

    @Test func tlsTakesBoth() throws {
        let made = try configuration(["--tls-cert", "c.pem", "--tls-key", "k.pem"])
        #expect(made.tls?.certificate == "c.pem")
        #expect(made.tls?.key == "k.pem")
        let mixed = try configuration(
            ["--tls-cert", "c.pem"], environment: ["ROSTRUM_TLS_KEY": "k.pem"])
        #expect(mixed == made)
    }

    @Test func publicURLLosesItsSlash() throws {
        #expect(try configuration(["--public-url", "https://a/b/"]).publicURL == "https://a/b")
    }
}

private func quotaRefusal(_ text: String) -> String {
    "--quota must be like stages=5000, with one of stages, publicKeys, encoderConfigurations, "
        + "storageConfigurations, ingestConfigurations, compositions, compositionsPerStage, "
        + "concurrentPublishers, concurrentSubscriptions, replicationsPerParticipant, "
        + "not \"\(text)\""
}

@Suite struct RefusedConfigurationTests {
    @Test(arguments: [
        (["--port", "70000"], "--port must be from 0 to 65535, not 70000"),
        (["--media-port=-1"], "--media-port must be from 0 to 65535, not -1"),
        (["--host", "example.com"], "--host must be an IP address, not \"example.com\""),
        (["--host", "127.0.0.256"], "--host must be an IP address, not \"127.0.0.256\""),
        (
            ["--ice-server", "turn:turn.example.net"],
            "--ice-server must be like stun:stun.example.net or "
                + "turn:USERNAME:CREDENTIAL@turn.example.net:3478"
        ),
        (
            ["--cors-origin", "https://a.example/x"],
            "--cors-origin must be like https://www.example.com, without a path, "
                + "not \"https://a.example/x\""
        ),
        (["--quota", "stages"], quotaRefusal("stages")),
        (["--quota", "stages=x"], quotaRefusal("stages=x")),
        (["--quota", "stages=-1"], quotaRefusal("stages=-1")),
        (["--quota", "doors=1"], quotaRefusal("doors=1")),
        (["--media-address", "x"], "--media-address must be an IP address, not \"x\""),
        (
            ["--media-address", "0.0.0.0"],
            "--media-address must be an address that clients can send to, not 0.0.0.0"
        ),
        (
            ["--workers", "65"],
            "--workers must be from 1 to 64, not 65"
        ),
        (["--tls-cert", "c"], "--tls-cert needs --tls-key, the certificate's private key"),
        (["--tls-key", "k"], "--tls-key needs --tls-cert, the certificate of the key"),
        (["--account", "12"], "--account must be 12 digits, not \"12\""),
        (["--grace", "3601"], "--grace must be from 0 to 3600, not 3601"),
        (["--session-linger", "86401"], "--session-linger must be from 0 to 86400, not 86401"),
        (["--history-days", "0"], "--history-days must be from 1 to 3650, not 0"),
        (["--log-format", "xml"], "--log-format must be one of text, json, not \"xml\""),
        (
            ["--public-url", "live.example.com"],
            "--public-url must be like https://live.example.com, not \"live.example.com\""
        ),
        (["--data", ""], "--data must be a directory"),
    ])
    func flags(arguments: [String], message: String) {
        #expect(refusal(arguments) == StartRefusal(.usage, message))
    }

    @Test func theVariableIsNamed() {
        #expect(
            refusal(environment: ["ROSTRUM_PORT": "http"])
                == StartRefusal(.configuration, "ROSTRUM_PORT must be a whole number"))
        #expect(
            refusal(environment: ["ROSTRUM_PORT": "70000"])
                == StartRefusal(
                    .configuration, "ROSTRUM_PORT must be from 0 to 65535, not 70000"))
        #expect(
            refusal(environment: ["ROSTRUM_DEV": "maybe"])
                == StartRefusal(.configuration, "ROSTRUM_DEV must be true or false"))
    }

    @Test(arguments: [
        (#"{"port": 70000}"#, "\"port\" in rostrum.json must be from 0 to 65535, not 70000"),
        (#"{"port": "7700"}"#, "\"port\" in rostrum.json must be a whole number"),
        (#"{"port": 1.5}"#, "\"port\" in rostrum.json must be a whole number"),
        (#"{"port": true}"#, "\"port\" in rostrum.json must be a whole number"),
        (#"{"port": null}"#, "\"port\" in rostrum.json must be a whole number"),
        (#"{"dev": 1}"#, "\"dev\" in rostrum.json must be true or false"),
        (#"{"host": []}"#, "\"host\" in rostrum.json must be a string"),
        (
            #"{"mediaAddress": [1]}"#,
            "\"mediaAddress\" in rostrum.json must be a string or a list of strings"
        ),
        (
            #"{"prot": 7700}"#,
            "unknown key \"prot\" in the configuration file rostrum.json; did you mean \"port\"?"
        ),
        (
            #"{"publicUrl": "x"}"#,
            "unknown key \"publicUrl\" in the configuration file rostrum.json; "
                + "did you mean \"publicURL\"?"
        ),
        ("{", "the configuration file rostrum.json is not JSON"),
        ("", "the configuration file rostrum.json is not JSON"),
        ("[]", "the configuration file rostrum.json must hold one JSON object, { … }"),
        ("7", "the configuration file rostrum.json must hold one JSON object, { … }"),
    ])
    func file(text: String, message: String) {
        #expect(refusal(file: text) == StartRefusal(.configuration, message))
    }

    @Test func aKeyLikeNoneGetsTheList() throws {
        let refused = try #require(refusal(file: #"{"quantumEntanglement": 1}"#))
        #expect(refused.message.contains("known are dev, data, host, port"))
    }

    @Test func aMissingFileIsNamed() {
        #expect {
            _ = try ConfigurationFile(readingFrom: "/nowhere/rostrum.json")
        } throws: { error in
            error as? StartRefusal
                == StartRefusal(
                    .configuration,
                    "cannot read the configuration file /nowhere/rostrum.json: "
                        + "No such file or directory")
        }
    }

    @Test func developmentIsForThisMachineOnly() throws {
        let refused = try #require(refusal(["--dev", "--host", "0.0.0.0"]))
        #expect(refused.code == .usage)
        #expect(refused.message.hasPrefix("--dev "))
        #expect(refusal(["--dev", "--host", "::"]) != nil)
        #expect(refusal(["--dev", "--host", "::1"]) == nil)
        #expect(refusal(["--dev", "--host", "localhost"]) == nil)
        #expect(refusal(["--dev", "--media-address", "192.0.2.1"]) == nil)
    }

    @Test func aRefusalIsOneLine() {
        #expect(StartRefusal(.general, "a\nb\r\nc").line == "rostrum: a b c")
    }
}
