package import Daemon
import Foundation

/// Where a ledger's chain stood at some moment.
package struct Checkpoint: Sendable, Equatable {
    package let head: ChainHead
    /// ISO 8601, as it was written.
    package let time: String
}

/// `logs/audit.log` of a manager: outside of the ledger, so that cutting off the end of the ledger is noticed.
///
/// One line for each checkpoint: `{"time":"2026-11-21T10:00:00.000Z","sequence":412,"hash":"9f…"}`.
package struct CheckpointLog: Sendable {
    private struct Line: Codable {
        let time: String
        let sequence: Int64
        let hash: String
    }

    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Whether there is nothing in it, or no file.
    package var isEmpty: Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_size == 0
    }

    /// Appends a line and waits until it is on disk.
    ///
    /// The file (0600) is opened for each: after logrotate the next line goes to the new one.
    package func append(_ head: ChainHead, at now: Int64) throws(DaemonError) {
        let time = Timestamp.iso8601(milliseconds: now)
        let line = "{\"time\":\"\(time)\",\"sequence\":\(head.sequence),\"hash\":\"\(head.hash)\"}\n"
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DaemonError("cannot open \"\(path)\"", errno: errno) }
        defer { close(descriptor) }
        guard write(descriptor, line, line.utf8.count) == line.utf8.count, fdatasync(descriptor) == 0 else {
            throw DaemonError("cannot write \"\(path)\"", errno: errno)
        }
    }

    /// Reads the checkpoints; nil when there is no file.
    ///
    /// - Returns: also the number of the first line that is none.
    func read() throws(AuditError) -> (checkpoints: [Checkpoint], badLine: Int?)? {
        guard access(path, F_OK) == 0 else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AuditError("cannot read \"\(path)\"; only root may")
        }
        var checkpoints: [Checkpoint] = []
        var badLine: Int?
        let decoder = JSONDecoder()
        for (index, text) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            if let line = try? decoder.decode(Line.self, from: text), let hash = AuditHash(hex: line.hash) {
                checkpoints.append(
                    Checkpoint(head: ChainHead(sequence: line.sequence, hash: hash), time: line.time))
            } else if badLine == nil {
                badLine = index + 1
            }
        }
        return (checkpoints, badLine)
    }
}
