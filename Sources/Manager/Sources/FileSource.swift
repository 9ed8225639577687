package import Alerts
import Daemon
import Foundation
package import Logging
package import ManagerSettings
import ServiceLifecycle
import Synchronization

/// Follows a file of alerts, one JSON object a line, across rotation, truncation and restarts.
///
/// A thread of its own sleeps in `poll` on inotify and wakes in some 30 µs; it reads, decides and hands over
/// without a change of thread, which is most of the manager's share of the latency.
package final class FileSource: Service {
    package typealias Start = AlertSourceConfiguration.Start

    private let name: String
    private let path: String
    private let start: Start
    private let savedPosition: String?
    private let intake: Mutex<AlertIntake>
    private let statistics: SourceStatistics
    private let sink: SourceSink
    private let logger: Logger

    /// - Parameters:
    ///   - name: under which the position is kept.
    ///   - path: the file that is followed; it may not be there yet.
    ///   - format: whose alerts are in it.
    ///   - savedPosition: the position from the ledger, as given out in a ``SourceBatch``.
    package init(
        name: String, path: String, format: AlertFormat, start: Start, savedPosition: String?,
        context: DecisionContext, statistics: SourceStatistics, logger: Logger, sink: @escaping SourceSink
    ) {
        self.name = name
        self.path = path
        self.start = start
        self.savedPosition = savedPosition
        self.intake = Mutex(
            AlertIntake(format: format, context: context, statistics: statistics, logger: logger))
        self.statistics = statistics
        self.sink = sink
        self.logger = logger
    }

    package func run() async throws {
        let watcher = try FileWatcher(path: path, source: name, logger: logger)
        let pace = BatchPace()
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                Thread {
                    self.follow(watcher, pace: pace)
                    continuation.resume()
                }.start()
            }
        } onCancelOrGracefulShutdown: {
            watcher.stop()
            pace.stop()
        }
    }

    private func follow(_ watcher: FileWatcher, pace: BatchPace) {
        var follower = FileFollower(
            path: path, start: start, saved: savedPosition.flatMap(FilePosition.init), source: name, logger: logger)
        // The first position is saved at once: what is appended while the manager is down is read afterwards.
        var isCurrent = send([], position: follower.position, pace: pace)
        while !watcher.isStopped, isCurrent {
            isCurrent = drain(&follower, until: { watcher.isStopped }, pace: pace)
            statistics.note(problem: follower.trouble ?? watcher.trouble)
            watcher.wait(
                oldFiles: follower.isDrainingOldFiles,
                unsaved: follower.position.description != pace.lastPosition)
        }
        // After a batch that nobody took, no later position may be saved.
        if isCurrent { send([], position: follower.position, pace: pace) }
        pace.waitUntilIdle()
    }

    /// Reads all there is, in pieces; each piece with an alert that fires goes on at once.
    ///
    /// A reload, a new agent and the order to stop count from the next piece on, however much there is to read.
    ///
    /// - Returns: false when a piece could not go on, because the source is to stop.
    private func drain(_ follower: inout FileFollower, until isStopped: () -> Bool, pace: BatchPace) -> Bool {
        while !isStopped() {
            intake.withLock { $0.refresh() }
            var fired: [FiredAlert] = []
            let more = follower.readNext { line, offset in
                if let alert = self.decide(line, offset: offset) { fired.append(alert) }
            }
            if !fired.isEmpty || pace.isPositionOverdue(follower.position) {
                guard send(fired, position: follower.position, pace: pace) else { return false }
            }
            if !more { break }
        }
        return true
    }

    private func decide(_ line: LineSplitter.Line, offset: Int64) -> FiredAlert? {
        switch line {
        case .tooLong:
            statistics.count(.invalid)
            report(
                kind: "too_long", offset: offset, error: "the line is longer than \(LineSplitter.defaultLimit) bytes")
            return nil
        case .complete(let bytes):
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return nil }
            do throws(AlertError) {
                return try intake.withLock { intake throws(AlertError) in try intake.take(bytes) }
            } catch {
                report(kind: error.kind, offset: offset, error: error.description)
                return nil
            }
        }
    }

    private let reportedKinds = Mutex<Set<String>>([])

    /// Logs the first line of each kind that is no alert; the rest is only counted, so that a broken writer
    /// cannot fill the disk through our log.
    private func report(kind: String, offset: Int64, error: String) {
        guard reportedKinds.withLock({ $0.insert(kind).inserted }) else { return }
        logger.warning(
            "Line is no alert and was skipped; further lines of this kind are only counted",
            metadata: .of([.source: name, .file: path, .offset: offset, .kind: kind, .error: error]))
    }

    /// - Returns: false when there was no place for the batch and the source is to stop.
    @discardableResult
    private func send(_ fired: [FiredAlert], position: FilePosition, pace: BatchPace) -> Bool {
        guard pace.begin(position: position) else { return false }
        // A batch that failed counts as over: it would fail for ever, or the manager stops and the ledger takes nothing
        // that comes later either.
        sink(SourceBatch(source: name, fired: fired, position: position.description)) { _ in pace.end() }
        return true
    }
}
