import ActiveResponse
import Daemon
import Logging
import ServiceLifecycle

/// The manager's own executor, for responses with location `server`: the same module that agents run, with a
/// journal of its own.
struct LocalResponder: Service {
    let home: Home
    let repeatedOffenders: [Int64]
    let dispatcher: Dispatcher
    let logger: Logger

    func run() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: [ResponseEvent].self)
        var configuration = ResponseExecutor.Configuration(home: home.path)
        configuration.repeatedOffenders = repeatedOffenders
        let executor = try ResponseExecutor(configuration: configuration, logger: logger) { continuation.yield($0) }
        let link = LocalLink(executor: executor)
        let journal = try JournalIdentity.load(folder: home.state)
        try executor.start()
        dispatcher.linkUp(link, agent: OrderFactory.managerID, journal: journal)
        let left = executor.unacknowledged()
        if !left.isEmpty { dispatcher.reports(left.map(AgentReport.event), agent: OrderFactory.managerID, over: link) }
        // Events that are both in `left` and in the stream are recognised in the ledger by their numbers.
        await withGracefulShutdownHandler {
            for await batch in events {
                dispatcher.reports(batch.map(AgentReport.event), agent: OrderFactory.managerID, over: link)
            }
        } onGracefulShutdown: {
            continuation.finish()
        }
        await executor.stop()
    }
}
