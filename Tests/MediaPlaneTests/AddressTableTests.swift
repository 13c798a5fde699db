import MediaPlane
import Primitives
import Testing

@Suite struct AddressTableTests {
    private static func address(_ number: Int) -> TransportAddress {
        TransportAddress(ipv4: UInt32(number / 7), port: UInt16(number % 7 + 1))
    }

    @Test func findsWhatWasInserted() {
        var table = AddressTable(capacity: 100, seed: 1)
        for number in 0..<100 { _ = table.insert(Self.address(number), peer: number) }
        for number in 0..<100 { #expect(table.find(Self.address(number)) == number) }
        let found = table.find(Self.address(100))
        #expect(found == nil)
    }

    @Test func insertingAgainMovesTheAddress() {
        var table = AddressTable(capacity: 4, seed: 1)
        _ = table.insert(Self.address(1), peer: 1)
        _ = table.insert(Self.address(1), peer: 2)
        let found = table.find(Self.address(1))
        #expect(found == 2)
        let count = table.count
        #expect(count == 1)
    }

    @Test func aFullTableRefuses() {
        var table = AddressTable(capacity: 8, seed: 1)
        let taken = (0..<100).filter { table.insert(Self.address($0), peer: $0) }
        let count = table.count
        #expect(taken.count == count)
        #expect(taken.count < 100)
        let found = table.find(Self.address(99))
        #expect(found == nil)
    }

    /// Removal closes gaps: whatever the order of changes, the table agrees with a dictionary.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithADictionary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = AddressTable(capacity: 64, seed: seed)
        var model: [TransportAddress: Int] = [:]
        for step in 0..<2000 {
            let address = Self.address(Int.random(in: 0..<60, using: &random))
            if Bool.random(using: &random) {
                _ = table.insert(address, peer: step)
                model[address] = step
            } else {
                table.remove(address)
                model[address] = nil
            }
        }
        for number in 0..<60 {
            let found = table.find(Self.address(number))
            #expect(found == model[Self.address(number)])
        }
        let count = table.count
        #expect(count == model.count)
    }
}
