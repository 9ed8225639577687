import Alerts
import Glibc
import Logging

/// `logs/active-responses.log`: one line per run and per undo, in the form of Wazuh 4.x so that its decoders
/// (ar_log_json) read it; scripts append their own lines beside ours.
///
/// The file is opened for each line: after logrotate the next line goes to the new file without anybody telling us.
struct ActiveResponsesLog: Sendable {
    /// Wazuh's log collector cuts lines at 64 KiB; a larger alert is replaced by its essence.
    private static let maximumAlert = 56 * 1024

    private let path: String
    private let logger: Logger

    init(home: String, logger: Logger) {
        path = home + "/logs/active-responses.log"
        self.logger = logger
    }

    /// Appends the line of a run.
    ///
    /// A failure is logged; responses go on without.
    ///
    /// - Parameters:
    ///   - undoDue: unix milliseconds.
    ///   - now: unix milliseconds.
    func append(_ run: Run, _ result: RunResult, undoDue: Int64?, now: Int64) {
        var line = Self.line(run, result, undoDue: undoDue, now: now)
        // 0640: the log holds alerts.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        defer { if descriptor >= 0 { close(descriptor) } }
        // One write: lines of scripts cannot get between.
        let isWritten =
            descriptor >= 0
            && line.withUTF8 { write(descriptor, $0.baseAddress, $0.count) == $0.count }
        guard !isWritten else { return }
        logger.warning(
            "Cannot write the log of active responses",
            metadata: [
                "file": "\(path)", "error": "\(String(cString: strerror(errno)))", "dispatch": "\(run.order.id)",
            ])
    }

    /// The line, with its line break.
    static func line(_ run: Run, _ result: RunResult, undoDue: Int64?, now: Int64) -> String {
        var members: [String] = []
        if let status = result.exitStatus { members.append("\"exit_status\":\(status)") }
        if let signal = result.signal { members.append("\"signal\":\(signal)") }
        if !result.detail.isEmpty { members.append("\"detail\":\(JSONString.quoted(result.detail))") }
        members.append("\"duration_ms\":\(result.durationMilliseconds)")
        members.append("\"dispatch_id\":\"\(run.order.id)\"")
        if let undoDue { members.append("\"undo_due\":\"\(LocalTime.iso8601(undoDue))\"") }
        let text = ScriptMessage(run.order, maximumAlert: maximumAlert)
            .text(command: run.action.rawValue, further: ",\"result\":{\(members.joined(separator: ","))}")
        return "\(LocalTime.logStamp(now)) active-response/bin/\(run.order.executable): \(text)\n"
    }
}

/// Points of time in the forms of the log.
enum LocalTime {
    /// `YYYY/MM/DD HH:MM:SS` in local time, as Wazuh's scripts write it.
    static func logStamp(_ milliseconds: Int64) -> String {
        format(milliseconds, "%Y/%m/%d %H:%M:%S")
    }

    /// ISO 8601 in local time with seconds and the zone: `2026-11-21T04:58:35+0100`.
    static func iso8601(_ milliseconds: Int64) -> String {
        format(milliseconds, "%Y-%m-%dT%H:%M:%S%z")
    }

    private static func format(_ milliseconds: Int64, _ format: String) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes in
            strftime(bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? nil, bytes.count, format, &parts)
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// Points of time for programs.
enum UTCTime {
    /// ISO 8601 in UTC with milliseconds: `2026-11-21T03:58:35.123Z`.
    static func iso8601(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return strftime(start ?? nil, bytes.count, "%Y-%m-%dT%H:%M:%S", &parts)
        }
        let rest = String(max(0, milliseconds % 1000))
        return String(decoding: buffer[..<count], as: UTF8.self) + "." + String(repeating: "0", count: 3 - rest.count)
            + rest + "Z"
    }
}
