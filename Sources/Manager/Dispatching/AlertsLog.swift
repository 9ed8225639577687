import Alerts
import Daemon
import Foundation
import Synchronization

/// `logs/alerts/alerts.log`: the classic text form of every alert that triggered a response.
///
/// Scripts of the OSSEC generation look their alert up here by the id in `$4`, so an entry is written before the
/// order leaves. The layout is OSSEC's (reference/ossec-wazuh.md 2.3).
final class AlertsLog: Sendable {
    private let path: String
    private let lock = Mutex(())

    init(path: String) {
        self.path = path
    }

    /// Appends an entry in one write; the file is opened each time, so that logrotate needs no signal.
    func append(_ alert: Alert) throws(DaemonError) {
        let entry = Array(Self.entry(alert).utf8)
        let failure: Int32? = lock.withLock { _ in
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { return errno }
            defer { close(descriptor) }
            let end = lseek(descriptor, 0, SEEK_END)
            let count = write(descriptor, entry, entry.count)
            if count == entry.count { return nil }
            let error = count < 0 ? errno : ENOSPC
            // No half of an entry for scripts to find; only this process writes here.
            if count > 0, end >= 0 { _ = ftruncate(descriptor, end) }
            return error
        }
        if let failure { throw DaemonError("cannot append to \"\(path)\"", errno: failure) }
    }

    /// The text of one entry, with the empty line that ends it.
    static func entry(_ alert: Alert) -> String {
        let seconds = (alert.raisedAt ?? Timestamp.now()) / 1000
        let place = location(alert)
        var lines = [
            "** Alert \(alert.id): - \(alert.groupText)",
            "\(localTime(seconds)) \(place)",
            "Rule: \(alert.ruleID) (level \(alert.level)) -> '\(alert.ruleDescription)'",
        ]
        if let address = alert.sourceAddressText { lines.append("Src IP: \(address)") }
        if let user = alert.user { lines.append("User: \(user)") }
        if let log = alert.fullLog { lines.append(log) }
        return lines.map(oneLine).joined(separator: "\n") + "\n\n"
    }

    private static func location(_ alert: Alert) -> String {
        let source = alert.location ?? "unknown"
        guard alert.agentID != "000", let name = alert.agentName else {
            return "\(alert.agentName ?? alert.managerName ?? "manager")->\(source)"
        }
        return "(\(name)) \(alert.agentIP ?? "any")->\(source)"
    }

    /// Line breaks inside a value would let a log line pose as an entry of its own.
    private static func oneLine(_ text: String) -> String {
        let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
        guard text.utf8.contains(where: isBreak) else { return text }
        return String(decoding: text.utf8.map { isBreak($0) ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    private static func localTime(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y %b %d %H:%M:%S", &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
