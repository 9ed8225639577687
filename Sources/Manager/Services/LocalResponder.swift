import ActiveResponse
import Alerts
import ConfigurationTree
import Daemon
import Logging
import Policy
import ServiceLifecycle

/// The manager's own executor, for responses with location `server`: the same module that agents run, with a
/// journal of its own.
struct LocalResponder: Service {
    let home: Home
    let repeatedOffenders: [Int64]
    let quietTime: Duration
    let neverBlock: Set<VitalAddressKind>
    let dispatcher: Dispatcher
    let context: DecisionContext
    let logger: Logger

    /// What comes from the executor, in its order.
    private enum Happening: Sendable {
        case events([ResponseEvent])
        case summary([HeldDispatch])
        case descriptions([HeldOrder])
        case notice(OrderNotice)
    }

    func run() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Happening.self)
        var configuration = ResponseExecutor.Configuration(home: home.path)
        configuration.repeatedOffenders = repeatedOffenders
        configuration.quietTime = quietTime
        configuration.neverBlock = neverBlock
        configuration.isPaused = dispatcher.stop != nil
        let executor = try ResponseExecutor(
            configuration: configuration, logger: logger, onNotice: { continuation.yield(.notice($0)) },
            onEvents: { continuation.yield(.events($0)) })
        let link = LocalLink(executor: executor) { continuation.yield(.descriptions($0)) }
        let journal = try JournalIdentity.load(folder: home.state)
        try executor.start()
        dispatcher.linkUp(link, agent: OrderFactory.managerID, journal: journal)
        let left = executor.unacknowledged()
        if !left.isEmpty { take(.events(left), from: link) }
        executor.summarize { continuation.yield(.summary($0)) }
        // Events that are both in `left` and in the stream are recognised in the ledger by their numbers.
        await withTaskGroup { group in
            group.addTask {
                // Its events still go to the ledger.
                await undoOnStop(executor)
                continuation.finish()
            }
            for await happening in events { take(happening, from: link) }
        }
        await executor.stop()
    }

    private func take(_ happening: Happening, from link: LocalLink) {
        let agent = OrderFactory.managerID
        switch happening {
        case .events(let events):
            dispatcher.reports([ReportBatch(agent: agent, link: link, reports: events.map(AgentReport.event))])
        case .summary(let held):
            for part in JournalSummary.parts(of: held) { dispatcher.summary(part, agent: agent, over: link) }
        case .descriptions(let orders):
            for order in orders { dispatcher.found(order, agent: agent, over: link) }
        case .notice(let notice): dispatcher.noticed(notice, agent: agent, over: link)
        }
    }

    /// Waits for the order to stop, and then undoes everything if the configuration says so.
    private func undoOnStop(_ executor: ResponseExecutor) async {
        // Cancelled instead of stopped in order when another service has failed: then all stays.
        guard (try? await gracefulShutdown()) != nil, context.current.policy.onStop == .undo else { return }
        logger.notice("Manager is told to stop and undoes what is active on it")
        await executor.undoAll(by: "the manager's stop (on_stop)", within: StopLimit.undoing)
    }
}
