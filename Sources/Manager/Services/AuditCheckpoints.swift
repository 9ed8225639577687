import Audit
import Daemon
import Logging
import ServiceLifecycle

/// Writes where the ledger's chain stands to `logs/audit.log`, now and then and at the end.
struct AuditCheckpoints: Service {
    private static let interval = Duration.seconds(5)

    let ledger: any Ledger
    let log: CheckpointLog
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var last: ChainHead?
            repeat { last = await write(after: last) } while (try? await Task.sleep(for: Self.interval)) != nil
        }
    }

    /// The last one, when nobody writes any more.
    func finish() async {
        // Whatever is queued comes before this.
        try? await ledger.append([])
        _ = await write(after: nil)
    }

    /// - Parameter last: what was written before; nothing new is not written again, unless the file is gone.
    private func write(after last: ChainHead?) async -> ChainHead? {
        do {
            let head = try await ledger.head()
            guard head != last || log.isEmpty else { return last }
            try log.append(head, at: Timestamp.now())
            return head
        } catch is CancellationError {
            return last
        } catch {
            logger.error(
                "Audit checkpoint cannot be written", metadata: .of([.file: log.path, .error: "\(error)"]))
            return last
        }
    }
}
