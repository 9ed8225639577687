import Glibc
package import Logging
import Synchronization

/// The daemon's own log: each entry one line, to `logs/NAME.log` and to stderr.
///
/// `2026-11-21T03:58:35.123Z info manager: Message key=value …`; values with blanks or control characters are
/// quoted and escaped, so that text from an alert can never forge a line.
package final class DaemonLog: Sendable {
    private let path: String
    private let descriptor: Mutex<Int32>

    /// Opens (or creates, 0640) the log file.
    package init(path: String) throws(DaemonError) {
        self.path = path
        self.descriptor = Mutex(try Self.open(path))
    }

    deinit {
        descriptor.withLock { _ = close($0) }
    }

    /// A logger that writes here.
    package func logger(label: String, level: Logger.Level = .info) -> Logger {
        Logger(label: label) { label in Handler(log: self, label: label, logLevel: level) }
    }

    /// Opens the file again, after logrotate moved it away.
    ///
    /// The old one stays in use when that fails.
    package func reopen() throws(DaemonError) {
        let opened = try Self.open(path)
        descriptor.withLock { current in
            _ = close(current)
            current = opened
        }
    }

    private static func open(_ path: String) throws(DaemonError) -> Int32 {
        let opened = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else { throw DaemonError("cannot open the log file \"\(path)\"", errno: errno) }
        return opened
    }

    private func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            descriptor.withLock { _ = Glibc.write($0, bytes.baseAddress, bytes.count) }
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    private struct Handler: LogHandler {
        let log: DaemonLog
        let label: String
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var line = "\(Timestamp.iso8601(milliseconds: Timestamp.now())) \(event.level) \(label): "
            line += Self.escape(event.message.description, quoting: false)
            var all = metadata
            if let extra = event.metadata { all.merge(extra) { $1 } }
            for (key, value) in all.sorted(by: { $0.key < $1.key }) {
                line += " \(key)=" + Self.escape("\(value)", quoting: true)
            }
            log.write(line + "\n")
        }

        private static func escape(_ text: String, quoting: Bool) -> String {
            let plain = text.unicodeScalars.allSatisfy { scalar in
                scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\"" && scalar != "\\"
                    && !(scalar.value >= 0x80 && scalar.value < 0xA0) && (!quoting || scalar != " ")
            }
            if plain && !(quoting && text.isEmpty) { return text }
            var escaped = quoting ? "\"" : ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\n": escaped += "\\n"
                case "\t": escaped += "\\t"
                case "\"" where quoting: escaped += "\\\""
                case "\\": escaped += "\\\\"
                case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                    let hex = String(scalar.value, radix: 16)
                    escaped += "\\x" + (hex.count == 1 ? "0" : "") + hex
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped + (quoting ? "\"" : "")
        }
    }
}
