package import Daemon
import Foundation
import TLS

/// Reads an agent's `logs/audit.log` with the files that it was rotated to, and checks each line against the one before
/// it and the end against `var/audit.head`.
///
/// A line is a JSON object that ends with its `hash`: of the hash of the line before and of the line's own bytes up to
/// there. The first line of all follows on nothing; the first line of a file that is left after older ones went says in
/// `previous` on what it follows.
package struct AgentLogVerifier {
    private let log: String
    private let headFile: String
    private var head = ChainHead.start
    private var report = AuditReport()

    package init(home: Home) {
        log = home.auditLog
        headFile = home.auditHead
    }

    /// More lines than any log can have, and far from the largest number.
    private static let numbers = Int64(1)...(1 << 62)

    private static let hashStart = Array(",\"hash\":\"".utf8)

    /// - Throws: when a file cannot be read at all.
    package consuming func verify() throws(AuditError) -> AuditReport {
        // First the end that is vouched for: the log is there by the time it is read, but for a rotation just then.
        let vouched = try readHead()
        for file in try files() where report.finding == nil {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw AuditError("cannot read \"\(file)\"; only root may")
            }
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // What follows the last line break is a line that is being written.
            for line in lines.dropLast() where report.finding == nil { try check(Array(line), vouched) }
        }
        if report.finding == nil { checkEnd(vouched) }
        return report
    }

    /// The files that there are, oldest first.
    private func files() throws(AuditError) -> [String] {
        let rotated = (1...99).map { "\(log).\($0)" }.prefix { FileManager.default.fileExists(atPath: $0) }
        return rotated.reversed() + (FileManager.default.fileExists(atPath: log) ? [log] : [])
    }

    private func readHead() throws(AuditError) -> ChainHead? {
        guard let data = FileManager.default.contents(atPath: headFile) else { return nil }
        let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let sequence = Int64(words[0]), let hash = AuditHash(hex: words[1]) else {
            throw AuditError("\"\(headFile)\" does not hold a number and a hash")
        }
        return ChainHead(sequence: sequence, hash: hash)
    }

    private struct Line: Decodable {
        let sequence: Int64
        let time: String
        let dispatch_id: String?
        let previous: String?
        let hash: String
    }

    private mutating func check(_ line: [UInt8], _ vouched: ChainHead?) throws(AuditError) {
        let next = head.sequence + 1
        // The hash with its member's name and the closing brace: 9, 64 and 2 bytes.
        let end = line.count - 75
        guard end > 0, Array(line[end..<end + 9]) == Self.hashStart,
            let entry = try? JSONDecoder().decode(Line.self, from: Data(line)), let stored = AuditHash(hex: entry.hash),
            Self.numbers.contains(entry.sequence)
        else {
            report.finding = AuditFinding(sequence: next, problem: "its line cannot be read")
            return
        }
        func finding(_ problem: String) -> AuditFinding {
            AuditFinding(sequence: entry.sequence, dispatch: entry.dispatch_id, problem: problem)
        }
        if report.records == 0, entry.sequence != 1 {
            // Older files are gone.
            guard let previous = entry.previous.flatMap({ AuditHash(hex: $0) }) else {
                report.finding = AuditFinding(
                    sequence: 1, problem: "it and the records up to \(entry.sequence - 1) are missing")
                return
            }
            report.removed = Int(entry.sequence - 1)
            head = ChainHead(sequence: entry.sequence - 1, hash: previous)
        } else if entry.sequence != next {
            report.finding =
                entry.sequence > next
                ? AuditFinding(
                    sequence: next,
                    problem: entry.sequence == next + 1
                        ? "it is missing" : "it and the records up to \(entry.sequence - 1) are missing")
                : finding("it stands in the wrong place")
            return
        }
        let hash: AuditHash
        do throws(TLSError) {
            hash = try head.hash.next(Array(line[..<end]))
        } catch {
            throw AuditError(error.description)
        }
        guard stored == hash else {
            report.finding = finding("its hash does not fit: it was changed, or another record stands in its place")
            return
        }
        if let vouched, vouched.sequence == entry.sequence, vouched.hash != hash {
            report.finding = finding("it is not the record that \(headFile) knows: the record was rewritten")
            return
        }
        head = ChainHead(sequence: entry.sequence, hash: hash)
        report.records += 1
        report.first = report.first ?? entry.time
        report.last = entry.time
    }

    private mutating func checkEnd(_ vouched: ChainHead?) {
        guard let vouched else {
            report.finding = AuditFinding(
                sequence: head.sequence, problem: "\(headFile) is missing: nothing vouches for the end of the record")
            return
        }
        report.checkpoints = 1
        guard vouched.sequence > head.sequence else { return }
        report.finding = AuditFinding(
            sequence: head.sequence + 1,
            problem: "it and the records up to \(vouched.sequence), of which \(headFile) knows, are missing at the end")
    }
}
