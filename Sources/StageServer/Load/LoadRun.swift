import Foundation
import LoadGenerator
import MediaSecurity
import Primitives
import Synchronization

/// One run: publishers and viewers join, stay for the window, and leave.
final class LoadRun: Sendable {
    private let plan: LoadPlan
    private let target: any LoadTarget
    private let context: DTLSContext
    private let engine: LoadEngine
    private let ledger = JoinLedger()
    private let say: @Sendable (String) -> Void
    private let joined = Mutex<[ClientID: JoinedClient]>([:])
    private let nextViewer = Mutex(0)

    /// - Parameter say: takes what is to be shown of the progress, by line.
    init(
        _ plan: LoadPlan, target: any LoadTarget, say: @escaping @Sendable (String) -> Void
    ) throws(StartRefusal) {
        self.plan = plan
        self.target = target
        self.say = say
        context = try DTLSContext.forClients(profiles: plan.profiles)
        let publishers = plan.publishers
        engine = try LoadEngine.started(plan.settings, context: context, cpu: plan.cpu) {
            [ledger] event in
            ledger.note(event) { $0.rawValue >= publishers }
        }
    }

    /// Runs to the end. When it is cancelled the clients leave in order all the same, and what was
    /// found by then is reported.
    func run() async throws(StartRefusal) -> LoadReport {
        let probe = plan.serverPID.map { ServerProbe(pid: $0) }
        let before = probe?.read()
        if let probe, before == nil {
            throw StartRefusal(.usage, "--server-pid: there is no process \(probe.pid)")
        }
        do throws(StartRefusal) {
            // A thousand tokens take a second or so.
            if plan.cycles > 1000 { say("preparing \(plan.cycles) viewers") }
            try await target.open(viewers: plan.cycles)
        } catch {
            await clearUp()
            throw error
        }
        let ticker = Task { await showProgress() }
        defer { ticker.cancel() }
        let joins: (from: ServerProbe.Reading?, to: ServerProbe.Reading?)
        do throws(StartRefusal) {
            try await joinPublishers()
            joins.from = probe?.read()
            try await joinViewers()
            joins.to = probe?.read()
        } catch {
            await clearUp()
            throw error
        }
        var measured = await measure(probe)
        measured.joining = joins
        await clearUp()
        try? await Task.sleep(for: probe == nil ? .zero : .seconds(2))
        return report(measured, before: before, after: probe?.read())
    }

    // MARK: Joining

    private func joinPublishers() async throws(StartRefusal) {
        for number in 0..<plan.publishers {
            let id = ClientID(number)
            ledger.expectPublisher(id)
            var random = SystemRandomNumberGenerator()
            let show = plan.shows[number % plan.shows.count]
            let tracks = ClientDraft.tracks(
                audio: show.audio, video: show.video, using: &random)
            try await join(.publisher(tracks), id: id, number: number)
        }
        let deadline = LoadClock.now() + LoadPlan.patience
        while ledger.totals.publishers < plan.publishers {
            if let reason = ledger.totals.errors.first?.key {
                throw StartRefusal(.general, "a publisher \(reason)")
            }
            guard LoadClock.now() < deadline, !Task.isCancelled else {
                throw StartRefusal(.general, "the publishers did not connect")
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func join(
        _ role: ClientDraft.Role, id: ClientID, number: Int
    ) async throws(StartRefusal) {
        var random = SystemRandomNumberGenerator()
        let draft = ClientDraft(
            role, certificate: context.certificate.fingerprint, using: &random)
        let client = try await target.join(draft, id: id, number: number)
        joined.withLock { $0[id] = client }
        guard engine.add(client.order) else {
            throw StartRefusal(.general, "the generator takes no more clients")
        }
    }

    /// Each of some workers joins one viewer after the other. Returns when all have their keyframe,
    /// or have failed.
    private func joinViewers() async throws(StartRefusal) {
        let start = LoadClock.now()
        let comesAndGoes = plan.cycles > plan.viewers
        let workers = comesAndGoes ? plan.viewers : min(plan.concurrency, plan.viewers)
        await withTaskGroup { tasks in
            for _ in 0..<workers {
                tasks.addTask {
                    while let number = self.takeViewer(), !Task.isCancelled {
                        await self.waitForTurn(number, since: start)
                        let id = ClientID(self.plan.publishers + number)
                        await self.joinViewer(id, number: number)
                        // Handshakes that pile up would only time out.
                        await self.wait(for: id, until: comesAndGoes ? .playing : .connected)
                        guard comesAndGoes else { continue }
                        if self.plan.cycles - number > self.plan.viewers {
                            await self.leave(id)
                        }
                    }
                }
            }
        }
        let deadline = LoadClock.now() + LoadPlan.patience
        while ledger.totals.succeeded + ledger.totals.failed < ledger.totals.asked {
            guard LoadClock.now() < deadline, !Task.isCancelled else { break }
            try? await Task.sleep(for: .milliseconds(10))
        }
        if ledger.totals.succeeded == 0, let reason = ledger.totals.errors.first?.key {
            throw StartRefusal(.general, "no viewer got video: \(reason)")
        }
    }

    /// The next viewer's number; `nil` when all have been taken.
    private func takeViewer() -> Int? {
        nextViewer.withLock { next in
            guard next < plan.cycles else { return nil }
            next += 1
            return next - 1
        }
    }

    private func waitForTurn(_ number: Int, since start: Instant) async {
        guard plan.joinRate > 0 else { return }
        let due = start + .nanoseconds(Int64(Double(number) / plan.joinRate * 1e9))
        let wait = due - LoadClock.now()
        if wait > .zero { try? await Task.sleep(for: wait) }
    }

    private func joinViewer(_ id: ClientID, number: Int) async {
        ledger.ask(id)
        do throws(StartRefusal) {
            let slots = max(1, min(plan.publishers, LoadPlan.slots))
            try await join(.viewer(slots: slots), id: id, number: number)
        } catch {
            ledger.fail(id, error.message, isViewer: true)
        }
    }

    /// Returns as well when the client has failed, or has taken too long.
    private func wait(for id: ClientID, until standing: JoinLedger.Standing) async {
        let deadline = LoadClock.now() + LoadPlan.patience
        while LoadClock.now() < deadline, !Task.isCancelled {
            guard let now = ledger.standing(of: id), now != standing else { return }
            switch now {
            case .playing, .failed, .gone: return
            case .joining, .connected: try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    // MARK: Measuring

    private struct Measured {
        /// False when the run was stopped before the window.
        var hasBegun = false
        var figures = Figures()
        var seconds = 0.0
        var cpuSeconds = 0.0
        /// Before the first viewer joined, and after the last one.
        var joining: (from: ServerProbe.Reading?, to: ServerProbe.Reading?)
        var from: ServerProbe.Reading?
        var to: ServerProbe.Reading?
        /// Who was there at the end of the window.
        var present = 0
    }

    private func measure(_ probe: ServerProbe?) async -> Measured {
        try? await Task.sleep(for: plan.warmup)
        var measured = Measured()
        guard !Task.isCancelled else { return measured }
        measured.hasBegun = true
        measured.from = probe?.read()
        let cpu = engine.figures.cpuNanoseconds
        engine.countAnew()
        let start = LoadClock.now()
        try? await Task.sleep(for: plan.window)
        measured.figures = engine.figures
        measured.seconds = max(0, (measured.figures.takenAt - start).seconds)
        measured.to = probe?.read()
        measured.cpuSeconds = Double(measured.figures.cpuNanoseconds - cpu) / 1e9
        measured.present = ledger.present
        return measured
    }

    private func showProgress() async {
        say(LoadTable.heading)
        var last = engine.figures
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard !Task.isCancelled else { return }
            let figures = engine.figures
            let span = max(0.1, (figures.takenAt - last.takenAt).seconds)
            say(
                LoadTable.line(
                    ledger.totals, figures,
                    packetsPerSecond: Double(figures.packetsEver - last.packetsEver) / span,
                    bitsPerSecond: Double(figures.bytesEver - last.bytesEver) * 8 / span))
            last = figures
        }
    }

    // MARK: Leaving

    private func leave(_ id: ClientID) async {
        guard let client = joined.withLock({ $0.removeValue(forKey: id) }) else { return }
        await leave(client)
    }

    private func leave(_ client: JoinedClient) async {
        let id = client.order.id
        ledger.dismiss(id, isViewer: id.rawValue >= plan.publishers)
        engine.remove(client.order.id)
        await client.leave()
    }

    /// Everybody leaves, also when this task has been cancelled.
    private func clearUp() async {
        await Task { await everybodyLeaves() }.value
    }

    private func everybodyLeaves() async {
        await withTaskGroup { tasks in
            for _ in 0..<plan.concurrency {
                tasks.addTask {
                    while let client = self.joined.withLock({ $0.popFirst()?.value }) {
                        await self.leave(client)
                    }
                }
            }
        }
        engine.stop()
        await engine.waitUntilEnded()
        await target.close()
    }

    // MARK: Reporting

    private func report(
        _ measured: Measured, before: ServerProbe.Reading?, after: ServerProbe.Reading?
    ) -> LoadReport {
        let totals = ledger.totals
        let figures = measured.figures
        let streams =
            plan.settings.hasPictures
            ? plan.viewers * max(1, min(plan.publishers, LoadPlan.slots)) : 0
        var server: LoadReport.Server?
        if let pid = plan.serverPID, let before, let from = measured.from, let to = measured.to {
            server = LoadReport.Server(
                pid: pid, from: from, to: to, before: before, after: after,
                packets: figures.packets)
        }
        var report = LoadReport(
            target: plan.target, publishers: plan.publishers, viewers: plan.viewers,
            joins: LoadReport.Joins(totals, from: measured.joining.from, to: measured.joining.to),
            steady: LoadReport.Steady(
                figures, seconds: measured.seconds, streamsExpected: streams),
            latencyMicroseconds: LoadReport.Latency(figures.latency),
            generator: LoadReport.Generator(
                cpuSeconds: measured.cpuSeconds, seconds: measured.seconds,
                packets: figures.packets),
            server: server, errors: totals.errors)
        report.failure =
            measured.hasBegun
            ? failure(of: report, present: measured.present)
            : "it was stopped before the measured window"
        return report
    }

    private func failure(of report: LoadReport, present: Int) -> String? {
        if report.joins.succeeded < plan.cycles {
            return "\(plan.cycles - report.joins.succeeded) of \(plan.cycles) joins got no video"
        }
        let expected = plan.publishers + plan.viewers
        if present < expected { return "\(expected - present) clients were lost under way" }
        let missing = report.steady.streamsExpected - Int(report.steady.streamsPlaying)
        if missing > 0 { return "\(missing) video streams never began" }
        return report.steady.packets == 0 ? "no packet came in the measured window" : nil
    }
}
