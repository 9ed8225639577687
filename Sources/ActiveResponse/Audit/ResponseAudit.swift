import Alerts
import Glibc
package import Logging

/// `logs/audit.log` of an agent: one line for each thing that happened to a response, which nobody can change, take out
/// or put in afterwards without a trace.
///
/// A line is a JSON object that ends with its `hash`: the SHA-256 of the hash of the line before (32 zeros for the
/// first) and of the line's own bytes up to there. `var/audit.head` holds the number and the hash of the last line, so
/// that cutting lines off is noticed. `edr-control --home HOME audit verify` reads both.
///
/// Belongs to the syncing thread: no script waits for it. Events come here after they are in the journal and before
/// anybody else sees them, so that after a crash the journal still has those that are missing here.
package struct ResponseAudit {
    /// A larger file is moved aside, in bytes, and so many are kept.
    package struct Limits: Sendable {
        package var size = 16 << 20
        package var files = 10

        package init() {}
    }

    private let path: String
    private let headPath: String
    private let limits: Limits
    private let logger: Logger
    private var sequence: Int64 = 0
    private var hash = [UInt8](repeating: 0, count: 32)
    /// The number of the last event that is in the log.
    private var lastEvent: UInt64 = 0
    private var size = 0
    /// Whether the next line has to say on what it follows.
    private var isContinued = false
    /// Whether the last write failed; said once.
    private var isFailing = false
    /// What could not be written yet.
    private var waiting: [(ResponseEvent, Order?)] = []
    /// So many events wait while the log cannot be written; later ones are counted only.
    private static let patience = 10_000
    private var lost = 0

    /// Takes up the log where it ends.
    ///
    /// - Parameter now: unix milliseconds.
    package init(home: String, limits: Limits = Limits(), logger: Logger, now: Int64) {
        path = home + "/logs/audit.log"
        headPath = home + "/var/audit.head"
        self.limits = limits
        self.logger = logger
        takeUp()
        // An agent that was never asked for anything has a record too, so that its absence means something.
        if sequence == 0 { _ = write([Line(event: "begun", time: now)]) }
    }

    /// Adds events that are in the journal now; returns once they are on disk.
    ///
    /// One that is in the log already is left out: after a start the journal tells of some again.
    ///
    /// - Parameter events: with the order, where one came in.
    package mutating func append(_ events: [(ResponseEvent, Order?)]) {
        for (event, order) in events where event.sequence > (waiting.last?.0.sequence ?? lastEvent) {
            if waiting.count < Self.patience { waiting.append((event, order)) } else { lost += 1 }
        }
        guard !waiting.isEmpty else { return }
        var lines = waiting.map { Line($0, order: $1) }
        if lost > 0 {
            lines.append(Line(event: "lost", time: waiting[waiting.count - 1].0.at, members: ["\"count\":\(lost)"]))
        }
        let last = waiting[waiting.count - 1].0.sequence
        guard write(lines) else { return }
        lastEvent = last
        waiting = []
        lost = 0
    }

    // MARK: - Writing

    /// One line, before it has its number and hash.
    private struct Line {
        let event: String
        let time: Int64
        var members: [String] = []

        init(event: String, time: Int64, members: [String] = []) {
            self.event = event
            self.time = time
            self.members = members
        }

        init(_ event: ResponseEvent, order: Order?) {
            self.event = "\(event.kind)"
            time = event.at
            members = ["\"event_number\":\(event.sequence)", "\"dispatch_id\":\"\(event.dispatchID)\""]
            if let order {
                if case .undo(let by) = order.kind { members.append("\"undo_by\":\(JSONString.quoted(by))") }
                let texts = [
                    ("command", order.command), ("script", order.executable), ("alert_id", order.alertID),
                    ("rule_id", order.ruleID),
                ]
                members += texts.map { name, value in "\"\(name)\":\(JSONString.quoted(value))" }
                members.append("\"timeout\":\(order.timeout)")
                let optional = [("user", order.user), ("srcip", order.sourceAddress), ("filename", order.filename)]
                members += optional.compactMap { name, value in value.map { "\"\(name)\":\(JSONString.quoted($0))" } }
            }
            if let status = event.exitStatus { members.append("\"exit_status\":\(status)") }
            if let signal = event.signal { members.append("\"signal\":\(signal)") }
            if let duration = event.durationMilliseconds { members.append("\"duration_ms\":\(duration)") }
            if let due = event.undoDue { members.append("\"undo_due\":\"\(UTCTime.iso8601(due))\"") }
            if !event.detail.isEmpty { members.append("\"detail\":\(JSONString.quoted(event.detail))") }
            if !event.output.isEmpty {
                // The output itself is in the manager's ledger; this says which it was.
                members.append("\"output_sha256\":\"\(ResponseAudit.hex(SHA256.digest(of: event.output)))\"")
            }
        }
    }

    /// Writes lines at the end and the head after them.
    private mutating func write(_ lines: [Line]) -> Bool {
        if size > limits.size { rotate() }
        var (number, last, isFollowing) = (sequence, hash, isContinued)
        var text: [UInt8] = []
        for line in lines {
            number += 1
            var members = ["\"sequence\":\(number)", "\"time\":\"\(UTCTime.iso8601(line.time))\""]
            members += ["\"event\":\"\(line.event)\""] + line.members
            if isFollowing { members.append("\"previous\":\"\(Self.hex(last))\"") }
            isFollowing = false
            let body = Array(("{" + members.joined(separator: ",")).utf8)
            last = SHA256.digest(of: last + body)
            text += body + Array(",\"hash\":\"\(Self.hex(last))\"}\n".utf8)
        }
        let error = Self.append(text, to: path, size: size)
        guard error == 0 else {
            if !isFailing {
                logger.error(
                    "The audit log cannot be written; what is missing follows when it can",
                    metadata: ["file": "\(path)", "error": "\(String(cString: strerror(error)))"])
            }
            isFailing = true
            return false
        }
        isFailing = false
        (sequence, hash, isContinued) = (number, last, false)
        size += text.count
        writeHead()
        return true
    }

    /// - Returns: 0, or the system's error number; then nothing is in the file.
    private static func append(_ text: [UInt8], to path: String, size: Int) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, text, text.count) == text.count, fdatasync(descriptor) == 0 else {
            let error = errno == 0 ? ENOSPC : errno
            ftruncate(descriptor, off_t(size))
            return error
        }
        return 0
    }

    /// In one write of fixed length over the old one, so that there is always one or the other.
    private func writeHead() {
        let digits = String(sequence)
        let text = String(repeating: "0", count: max(0, 19 - digits.count)) + digits + " " + Self.hex(hash) + "\n"
        let descriptor = open(headPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        _ = pwrite(descriptor, text, text.utf8.count, 0)
        close(descriptor)
    }

    /// Moves the file aside; the chain goes on in a new one.
    private mutating func rotate() {
        for number in stride(from: limits.files - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        unlink("\(path).\(limits.files)")
        guard rename(path, path + ".1") == 0 else { return }
        size = 0
        isContinued = true
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

// MARK: - Taking up

extension ResponseAudit {
    /// Finds the last line, and cuts off one that a crash has torn.
    private mutating func takeUp() {
        if let bytes = Self.tail(of: path) {
            let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            var status = stat()
            size = stat(path, &status) == 0 ? Int(status.st_size) : 0
            if end < bytes.count {
                size -= bytes.count - end
                truncate(path, off_t(size))
            }
            takeUp(lines: bytes[..<end])
        } else if let bytes = Self.tail(of: path + ".1") {
            // Moved aside, and the agent ended before the first line after it.
            takeUp(lines: bytes[...])
            isContinued = true
        }
        guard let head = Self.tail(of: headPath).map({ String(decoding: $0, as: UTF8.self) }) else { return }
        let words = head.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let known = Int64(words[0]), known > sequence, known <= Self.lastNumber,
            let bytes = Self.bytes(words[1])
        else { return }
        // Lines are gone. The numbers go on behind them, so that their place stays visible.
        logger.error(
            "The audit log was cut off: lines are missing at its end",
            metadata: ["file": "\(path)", "count": "\(known - sequence)"])
        (sequence, hash) = (known, bytes)
        isContinued = true
    }

    private mutating func takeUp(lines: ArraySlice<UInt8>) {
        let lines = lines.split(separator: UInt8(ascii: "\n"))
        guard let last = lines.last.map(Array.init) else { return }
        sequence = min(Int64(clamping: Self.number(after: "\"sequence\":", in: last) ?? 0), Self.lastNumber)
        hash = Self.hash(of: last) ?? hash
        // The last line may be about no event.
        for line in lines.reversed() {
            guard let number = Self.number(after: "\"event_number\":", in: Array(line)) else { continue }
            lastEvent = number
            break
        }
    }

    /// No log gets there; who writes more into it shall not make the next line's number overflow.
    private static let lastNumber: Int64 = 1 << 62

    /// The last 256 KiB of a file, or as much more as its last whole line needs; nil when there is none.
    private static func tail(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let length = Int(lseek(descriptor, 0, SEEK_END))
        var wanted = 256 << 10
        while true {
            let start = max(0, length - wanted)
            var bytes = [UInt8](repeating: 0, count: length - start)
            guard pread(descriptor, &bytes, bytes.count, off_t(start)) == bytes.count else { return nil }
            let breaks = bytes.lazy.filter { $0 == UInt8(ascii: "\n") }.prefix(2).count
            if start == 0 || breaks == 2 { return bytes }
            wanted *= 4
        }
    }

    private static func number(after name: String, in line: [UInt8]) -> UInt64? {
        let name = Array(name.utf8)
        guard line.count > name.count else { return nil }
        for start in 0..<line.count - name.count where line[start] == name[0] {
            guard line[start..<start + name.count].elementsEqual(name) else { continue }
            let digits = line[(start + name.count)...].prefix { (0x30...0x39).contains($0) }
            return UInt64(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }

    /// The hash at the end of a line: 64 digits before `"}`.
    private static func hash(of line: [UInt8]) -> [UInt8]? {
        guard line.count > 66 else { return nil }
        return bytes(String(decoding: line[(line.count - 66)..<(line.count - 2)], as: UTF8.self))
    }

    private static func bytes(_ hex: some StringProtocol) -> [UInt8]? {
        guard hex.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var rest = hex[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
