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

    private func write(_ line: [UInt8]) {
        if let gathered = GatheredLines.ofThisThread { return gathered.append(line, of: self) }
        line.withUnsafeBytes { write($0) }
    }

    /// Writes whole lines, under one lock: a pipe keeps no more than 4 KiB in one piece.
    fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
        descriptor.withLock { descriptor in
            Self.write(bytes, to: descriptor)
            Self.write(bytes, to: STDERR_FILENO)
        }
    }

    /// What cannot be written is dropped: there is nobody to tell.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            guard count > 0 || count < 0 && errno == EINTR else { return }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// Calls the body; what its thread logs meanwhile is written when it returns, in as few writes as possible.
    ///
    /// For where much is logged at once, or under a lock: a slow disk, or a reader of standard error that does not read,
    /// must not hold up whoever waits for the lock.
    package static func together<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard GatheredLines.ofThisThread == nil else { return try body() }
        let gathered = GatheredLines()
        return try withExtendedLifetime(gathered) {
            GatheredLines.ofThisThread = gathered
            defer {
                GatheredLines.ofThisThread = nil
                gathered.write()
            }
            return try body()
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
            var line: [UInt8] = []
            line.reserveCapacity(256)
            line += Timestamp.iso8601(milliseconds: Timestamp.now()).utf8
            line += " ".utf8
            line += event.level.rawValue.utf8
            line += " ".utf8
            line += label.utf8
            line += ": ".utf8
            line += Self.escape(event.message.description, quoting: false).utf8
            var all = event.metadata ?? [:]
            if !metadata.isEmpty { all.merge(metadata) { own, _ in own } }
            for (key, value) in all.sorted(by: { $0.key < $1.key }) {
                line += " ".utf8
                line += key.utf8
                line += "=".utf8
                line += Self.escape(Self.text(of: value), quoting: true).utf8
            }
            line += "\n".utf8
            log.write(line)
        }

        /// The same as its description, without what that costs.
        private static func text(of value: Logger.Metadata.Value) -> String {
            switch value {
            case .string(let text): text
            case .stringConvertible(let value): value.description
            default: value.description
            }
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

/// Lines that one thread has logged and that are to be written together.
private final class GatheredLines {
    /// More is written at once: it would only take memory.
    private static let limit = 256 * 1024

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        // Fails when a process has a thousand keys.
        precondition(pthread_key_create(&key, nil) == 0, "no key for a thread's values")
        return key
    }()

    /// Those that this thread gathers now; whoever sets it keeps it alive.
    static var ofThisThread: GatheredLines? {
        get { pthread_getspecific(key).map { Unmanaged<GatheredLines>.fromOpaque($0).takeUnretainedValue() } }
        set { pthread_setspecific(key, newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
    }

    private var log: DaemonLog?
    private var bytes: [UInt8] = []

    func append(_ line: [UInt8], of log: DaemonLog) {
        if self.log !== log || bytes.count > Self.limit { write() }
        self.log = log
        bytes += line
    }

    func write() {
        guard let log, !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { log.write($0) }
        bytes.removeAll(keepingCapacity: true)
    }
}
