import Links
import MediaPlane
import Primitives
import RTP
import Simulation
import Testing

/// Sound that comes twice (RFC 2198): who takes it so gets all of it, everybody else the newest alone.
@Suite(.workers(1, 2, 3)) struct RedundancyTests {
    private static let frame: UInt32 = 960

    /// The sound of one packet.
    private func sound(_ number: Int) -> [UInt8] {
        [0x78] + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 20 + number * 7 % 40)
    }

    /// A packet of one's own sound, and of that of the two before.
    private func redundant(_ number: Int, hasPrimary: Bool = true) -> [UInt8] {
        var writer = ByteWriter(capacity: 400)
        let earlier = [2, 1].filter { $0 <= number }
        for distance in earlier {
            let isWritten = REDWriter.beginBlock(
                payloadType: 111, timestampOffset: distance * Int(Self.frame),
                size: sound(number - distance).count, into: &writer)
            #expect(isWritten)
        }
        REDWriter.beginPrimary(payloadType: 111, into: &writer)
        for distance in earlier { writer.append(contentsOf: sound(number - distance)) }
        if hasPrimary { writer.append(contentsOf: sound(number)) }
        return writer.array
    }

    private struct Heard {
        var sequence: UInt16
        var payloadType: UInt8
        var timestamp: UInt32
        var payload: [UInt8]
        var padding: Int
    }

    private func heard(_ room: borrowing SimulatedRoom, _ client: Int, ssrc: UInt32 = 0x300)
        -> [Heard]
    {
        (room.opened[client] ?? []).compactMap { packet in
            guard let header = try? RTPHeader(parsing: packet.rawSpan), header.ssrc.rawValue == ssrc
            else { return nil }
            return Heard(
                sequence: header.sequenceNumber.rawValue, payloadType: header.payloadType,
                timestamp: header.timestamp.rawValue, payload: Array(packet[header.payload]),
                padding: header.paddingCount)
        }
    }

    /// Sends the packets that a host has, one each 20 ms: each seventh is plain, and each tenth has nothing
    /// of its own.
    private func talk(
        _ room: inout SimulatedRoom, _ host: Int, packets: Range<Int>, isMixed: Bool = true
    ) {
        for number in packets {
            let isPlain = isMixed && number % 7 == 6
            room.sendSound(
                isPlain
                    ? sound(number) : redundant(number, hasPrimary: !isMixed || number % 10 != 9),
                from: host, ssrc: 7, payloadType: isPlain ? 111 : 63,
                timestamp: UInt32(number) * Self.frame, level: 30)
            room.run(milliseconds: 20)
        }
    }

    @Test func everybodyGetsWhatTheyTake() throws {
        var room = try SimulatedRoom()
        let host = room.addSpeaker("ada", hasLevels: true, hasRedundancy: true)
        let whole = room.addListener("whole", payloadType: 111, redundancy: 63)
        let other = room.addListener("other", payloadType: 109, redundancy: 112)
        let plain = room.addListener("plain", payloadType: 96, redundancy: nil)
        room.keptClients = [whole, other, plain]
        room.run(milliseconds: 200)
        talk(&room, host, packets: 0..<120)
        room.run(milliseconds: 100)
        let got = [whole, other, plain].map { heard(room, $0) }
        for packets in got {
            #expect(packets.count == 120)
            #expect(
                zip(packets, packets.dropFirst()).allSatisfy {
                    $1.sequence == $0.sequence &+ 1 && $1.timestamp == $0.timestamp &+ Self.frame
                })
        }
        guard got.allSatisfy({ $0.count == 120 }) else { return }
        for number in 0..<120 {
            let isPlain = number % 7 == 6
            let isEmpty = !isPlain && number % 10 == 9
            let sent = isPlain ? sound(number) : redundant(number, hasPrimary: !isEmpty)
            #expect(got[0][number].payload == sent)
            #expect(got[0][number].payloadType == (isPlain ? 111 : 63))
            #expect(got[1][number].payloadType == (isPlain ? 109 : 112))
            #expect(got[2][number].payload == (isEmpty ? [] : sound(number)))
            #expect(got[2][number].payloadType == 96)
            if !isPlain { checkNumbers(got[1][number].payload, against: sent) }
        }
        #expect(room.speakers.last?.active == "ada")
    }

    /// Who numbers Opus otherwise gets the same under those numbers.
    private func checkNumbers(_ payload: [UInt8], against sent: [UInt8]) {
        guard let red = try? REDPayload(parsing: payload.rawSpan),
            let original = try? REDPayload(parsing: sent.rawSpan)
        else {
            Issue.record("no RED")
            return
        }
        #expect(payload.count == sent.count && red.primaryPayloadType == 109)
        #expect(red.primaryStart == original.primaryStart && red.blockCount == original.blockCount)
        let headers = red.blockCount * REDPayload.blockHeaderSize + REDPayload.primaryHeaderSize
        #expect(payload[headers...] == sent[headers...])
        for index in 0..<red.blockCount {
            var block = red.block(at: index, in: payload.rawSpan)
            #expect(block.payloadType == 109)
            block.payloadType = 111
            #expect(block == original.block(at: index, in: sent.rawSpan))
        }
    }

    /// Sound of several is padded, so that it leaves as one message: that is behind the newest sound.
    @Test func paddingIsNotPassedForSound() throws {
        var room = try SimulatedRoom()
        let host = room.addSpeaker("ada", hasRedundancy: true)
        let second = room.addSpeaker("bob")
        let whole = room.addListener("whole", slots: 2, payloadType: 111, redundancy: 63)
        let plain = room.addListener("plain", slots: 2, payloadType: 111, redundancy: nil)
        room.keptClients = [whole, plain]
        room.run(milliseconds: 200)
        for number in 0..<200 {
            room.sendSound(from: second, ssrc: 8, mark: 1, bytes: 200)
            talk(&room, host, packets: number..<number + 1)
        }
        room.run(milliseconds: 100)
        for (client, isWhole) in [(whole, true), (plain, false)] {
            var packets = heard(room, client)
            if !packets.contains(where: { $0.payloadType == 63 || $0.payload == sound(0) }) {
                packets = heard(room, client, ssrc: 0x301)
            }
            #expect(packets.count == 200)
            #expect(packets.contains { $0.padding > 0 })
            for (number, packet) in packets.enumerated() {
                let isPlain = number % 7 == 6
                let isEmpty = !isPlain && number % 10 == 9
                let own = isEmpty ? [] : sound(number)
                #expect(
                    packet.payload
                        == (isWhole && !isPlain ? redundant(number, hasPrimary: !isEmpty) : own))
            }
        }
    }

    @Test func whatCannotBeReadIsNotPassedOn() throws {
        var room = try SimulatedRoom()
        let host = room.addSpeaker("ada", hasRedundancy: true)
        let viewers = [
            room.addListener("whole", payloadType: 111, redundancy: 63),
            room.addListener("plain", payloadType: 111, redundancy: nil),
        ]
        room.keptClients = Set(viewers)
        room.run(milliseconds: 200)
        talk(&room, host, packets: 0..<10)
        // Of nothing; without an end; larger than it is; of another codec, in front and behind.
        let unreadable: [[UInt8]] = [
            [], [0xFF, 0xFF], [0xEF, 0, 0, 9, 111, 1, 2], [13, 1], [0x80 | 13, 0, 0, 1, 111, 1, 2],
        ]
        for (number, payload) in unreadable.enumerated() {
            room.sendSound(
                payload, from: host, ssrc: 7, payloadType: 63,
                timestamp: UInt32(10 + number) * Self.frame)
            room.run(milliseconds: 20)
        }
        talk(&room, host, packets: 15..<20)
        room.run(milliseconds: 100)
        for viewer in viewers { #expect(heard(room, viewer).count == 15) }
    }

    /// What a network loses is in the packets that follow.
    @Test func lossIsRepairedFromTheNextPacket() throws {
        var room = try SimulatedRoom()
        let host = room.addSpeaker("ada", hasRedundancy: true)
        let whole = room.addListener("whole", payloadType: 111, redundancy: 63)
        room.keptClients = [whole]
        room.run(milliseconds: 200)
        let link = room.add(
            SimulatedLink(
                RateSchedule.constant(.kilobitsPerSecond(10_000)), propagation: .milliseconds(5),
                loss: .random(0.2), seed: 5))
        room.lead(.down, of: whole, over: link)
        talk(&room, host, packets: 0..<500, isMixed: false)
        room.run(milliseconds: 100)
        let packets = heard(room, whole)
        let first = try #require(packets.first)
        var found: [Int: [UInt8]] = [:]
        var arrived = Set<Int>()
        for packet in packets {
            let number = Int((packet.timestamp &- first.timestamp) / Self.frame)
            let red = try REDPayload(parsing: packet.payload.rawSpan)
            found[number] = Array(packet.payload[red.primary])
            arrived.insert(number)
            for before in [1, 2] where found[number - before] == nil {
                let block = red.repair(
                    of: RTPTimestamp(packet.timestamp &- UInt32(before) &* Self.frame),
                    own: RTPTimestamp(packet.timestamp), in: packet.payload.rawSpan)
                if let block { found[number - before] = Array(packet.payload[block.bytes]) }
            }
        }
        // The first to arrive may not be the first that was sent.
        let offset = try #require((0..<500).first { found[0] == sound($0) })
        #expect(found.allSatisfy { $0.value == sound($0.key + offset) })
        let last = try #require(arrived.max())
        let lost = (0...last).filter { !arrived.contains($0) }
        #expect(lost.count > 60)
        let repairable = lost.filter { arrived.contains($0 + 1) || arrived.contains($0 + 2) }
        #expect(repairable.allSatisfy { found[$0] != nil })
        #expect(lost.count - repairable.count < 12)
    }

    /// What is sent again without RTX is what was sent, to the last bit; over RTX it is the newest sound.
    @Test func itIsSentAgainAsItWas() throws {
        var room = try SimulatedRoom()
        let host = room.addSpeaker("ada", hasRedundancy: true)
        let viewers = [
            room.addListener("whole", payloadType: 109, redundancy: 112),
            room.addListener("plain", payloadType: 111, redundancy: nil),
            room.addListener("rtx", payloadType: 111, redundancy: 63, rtx: 98),
        ]
        room.keptClients = Set(viewers)
        room.run(milliseconds: 200)
        talk(&room, host, packets: 0..<10)
        room.deaf = Set(viewers)
        talk(&room, host, packets: 10..<11)
        room.deaf = []
        talk(&room, host, packets: 11..<15)
        for viewer in viewers {
            let packets = heard(room, viewer)
            let missing = try #require(packets.dropLast(4).last).sequence &+ 1
            room.sendRTCP(from: viewer) {
                _ = RTCPWriter.nack(
                    sender: SSRC(1), media: SSRC(0x300), missing: [SequenceNumber(missing)],
                    into: &$0)
            }
        }
        room.run(milliseconds: 50)
        #expect(room.counters.retransmitted == 3)
        for viewer in viewers.prefix(2) {
            let datagrams = room.sealed[viewer] ?? []
            #expect(datagrams.count == 16 && Set(datagrams).count == 15)
            #expect(heard(room, viewer).count == 15)
        }
        #expect(heard(room, viewers[1]).last?.payload == sound(10))
        let repaired = heard(room, viewers[2], ssrc: 0x500)
        #expect(repaired.map(\.payloadType) == [98])
        #expect(repaired.first.map { Array($0.payload.dropFirst(2)) } == sound(10))
    }
}
