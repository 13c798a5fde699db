import DatagramIO
import Synchronization
import Testing

@Suite struct LoopThreadTests {
    private struct Loop: ~Copyable {
        var count: Int
    }

    /// Whoever waits for threads hears of it when the last one has said what it had to.
    @Test func threadsRunTheirLoopsAndAreWaitedFor() async {
        let farewell = Farewell(threads: 3)
        let counts = Mutex((sum: 0, lasts: 0))
        await withTaskGroup { waiting in
            waiting.addTask { await farewell.wait() }
            for number in 1...3 {
                LoopThread.start(Loop(count: number), name: "loop", cpu: nil) { loop in
                    loop.count += 10
                    let count = loop.count
                    counts.withLock { $0.sum += count }
                    farewell.leave { counts.withLock { $0.lasts += 1 } }
                }
            }
            await waiting.waitForAll()
        }
        #expect(counts.withLock { $0 == (36, 1) })
        await farewell.wait()
    }

    @Test func aMailboxIsBoundedAndCloses() throws {
        let poller = try Poller()
        let box = Mailbox<Int>(Doorbell(poller.makeWaker()), limit: 2)
        #expect(box.isQuiet && box.takeAll() == [])
        #expect(box.post(1) && box.post(2) && !box.post(3))
        box.postAnyway(4)
        #expect(!box.isQuiet && box.takeAll() == [1, 2, 4])
        #expect(box.post(5))
        box.close()
        #expect(!box.post(6))
        box.postAnyway(7)
        #expect(box.takeAll() == [5])
        #expect(box.takeAll() == nil && !box.isQuiet)
    }
}
