import Links
import MediaPlane
import Primitives
import RTP
import Signalling
import Simulation
import Testing

/// Repair in advance (FlexFEC) over whole networks: who gets it, and whether it repairs.
@Suite(.workers(1, 2, 3)) struct RepairTests {
    private func path(_ delay: Int64, loss: LossProcess, seed: UInt64) -> SimulatedLink {
        SimulatedLink(
            RateSchedule.constant(.kilobitsPerSecond(20_000)), propagation: .milliseconds(delay),
            loss: loss,
            seed: seed)
    }

    /// A viewer whose network loses 5 % in bursts, behind so many milliseconds there and as many back.
    private func add(
        _ room: inout SimulatedRoom, delay: Int64, takesRepairs: Bool = true
    ) -> Int {
        var script = ViewerScript()
        script.roundTrip = .milliseconds(2 * delay)
        let viewer = room.addViewer(
            "viewer \(delay)", script, up: path(delay, loss: .none, seed: 3),
            down: path(delay, loss: .bursts(ratio: 0.05, length: 2), seed: 4),
            takesRepairs: takesRepairs)
        room.keptClients.insert(viewer)
        return viewer
    }

    /// What a viewer got, as repair packets see it: the transport-wide numbers count as zeros.
    private struct Arrived {
        var media: [UInt16: [UInt8]] = [:]
        var repairs: [(sequence: UInt16, payload: [UInt8])] = []

        init(_ packets: [[UInt8]]) throws {
            for packet in packets {
                let header = try RTPHeader(parsing: packet.rawSpan)
                let number = header.sequenceNumber.rawValue
                if header.ssrc == SSRC(0x400) {
                    #expect(header.payloadType == 102 && header.paddingCount == 0)
                    repairs.append((number, Array(packet[header.payload])))
                } else if header.ssrc == SSRC(0x100) {
                    var packet = packet
                    let range = HeaderExtensions.find(5, in: packet.rawSpan, header: header)
                    for place in try #require(range) { packet[place] = 0 }
                    media[number] = packet
                }
            }
        }

        /// A packet from a repair packet and the others that that protects; `nil` when one of these lacks.
        func recover(_ number: UInt16, _ header: FlexFECHeader, _ payload: [UInt8]) -> [UInt8]? {
            var (flags, length, timestamp) = (header.flags, header.length, header.timestamp)
            var bytes = Array(payload[header.size...])
            for other in protected(header) where other != number {
                guard let packet = media[other] else { return nil }
                flags ^= packet.rawSpan.uint16(at: 0)
                length ^= UInt16(packet.count - 12)
                timestamp ^= packet.rawSpan.uint32(at: 4)
                for place in 12..<packet.count where place - 12 < bytes.count {
                    bytes[place - 12] ^= packet[place]
                }
            }
            var writer = ByteWriter(capacity: 2000)
            writer.append(flags & 0x3FFF | 0x8000)
            writer.append(number)
            writer.append(timestamp)
            writer.append(0x100 as UInt32)
            writer.append(contentsOf: Array(bytes.prefix(Int(length))))
            return writer.array
        }

        func protected(_ header: FlexFECHeader) -> [UInt16] {
            (0..<FlexFECMask.width).filter { header.mask[$0] }.map {
                header.base.advanced(by: $0).rawValue
            }
        }
    }

    /// Checks each repair packet of which at most one packet was lost.
    /// - Returns: how many packets that were lost can be recovered, and how many that were not are.
    private func check(_ packets: [[UInt8]]) throws -> (lost: Int, others: Int) {
        let arrived = try Arrived(packets)
        var (lost, others) = (0, 0)
        for repair in arrived.repairs {
            let header = try FlexFECHeader(parsing: repair.payload.rawSpan)
            #expect(header.protected == SSRC(0x100))
            let protected = arrived.protected(header)
            let missing = protected.filter { arrived.media[$0] == nil }
            guard missing.count <= 1 else { continue }
            if let number = missing.first {
                let packet = try #require(arrived.recover(number, header, repair.payload))
                let read = try RTPHeader(parsing: packet.rawSpan)
                #expect(read.ssrc == SSRC(0x100) && read.sequenceNumber.rawValue == number)
                #expect(read.payloadType == 100 && !read.payload.isEmpty)
                lost += 1
            } else {
                for number in protected {
                    #expect(
                        arrived.recover(number, header, repair.payload) == arrived.media[number])
                }
                others += protected.count
            }
        }
        return (lost, others)
    }

    @Test func aFarViewerIsProtected() throws {
        var room = try SimulatedRoom(seed: 1)
        _ = room.addHost("ada", .single(.kilobitsPerSecond(1_000)))
        let far = add(&room, delay: 100)
        let without = add(&room, delay: 101, takesRepairs: false)
        room.run(milliseconds: 15_000)
        let packets = try #require(room.opened[far])
        let (lost, others) = try check(packets)
        #expect(lost > 20 && others > 500)
        #expect(room.protectedPictures == 1 && room.counters.repairsSent > 100)
        // Numbers of their own: no more holes than the network made.
        let numbers = try Arrived(packets).repairs.map(\.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 &- $0 < 20 && $1 != $0 })
        let spread = Int(try #require(numbers.last) &- (try #require(numbers.first))) + 1
        #expect(spread < numbers.count * 5 / 4)
        #expect(spread <= Int(room.counters.repairsSent))
        #expect(try Arrived(room.opened[without] ?? []).repairs.isEmpty)
        room.remove(far)
        #expect(room.protectedPictures == 0)
    }

    @Test func aNearViewerIsNot() throws {
        var room = try SimulatedRoom(seed: 1)
        _ = room.addHost("ada", .single(.kilobitsPerSecond(1_000)))
        let near = add(&room, delay: 20)
        room.run(milliseconds: 10_000)
        #expect(room.counters.repairsSent == 0 && room.protectedPictures == 0)
        #expect(try Arrived(room.opened[near] ?? []).repairs.isEmpty)
    }

    /// Groups go on through a change of layers: they are of what the viewer is sent, wherever it is from.
    @Test func aSwitchOfLayersInAGroupIsRight() throws {
        var room = try SimulatedRoom(seed: 1)
        _ = room.addHost(
            "ada",
            HostScript(layers: [
                .init("q", 320, 180, .kilobitsPerSecond(500)),
                .init("h", 1280, 720, .kilobitsPerSecond(1_000)),
            ]))
        let far = add(&room, delay: 100)
        room.run(milliseconds: 8_000)
        for turn in 0..<16 {
            let isSmall = turn % 2 == 0
            room.setWish(of: far, for: "ada") {
                $0.shown = isSmall ? .init(width: 160, height: 90) : .init(width: 1280, height: 720)
            }
            room.run(milliseconds: 1_300)
        }
        #expect(room.layers(of: far).count > 4)
        let (lost, others) = try check(try #require(room.opened[far]))
        let came = room.counters.repairsSent
        #expect(others > 200, "\(lost) of those lost, \(others), by \(came) repair packets")
    }
}
