import ActiveResponse
import Daemon
import Wire

/// What an agent reports, also when it is newer than this manager.
enum AgentReport: Sendable {
    case event(ResponseEvent)
    case unknown(UnknownReport)

    /// How far an agent's clock may be ahead of this one, in milliseconds: what it reports is kept by its time.
    private static let ahead: Int64 = 3_600_000
    /// What an agent keeps of a script's output, in bytes.
    private static let outputLimit = 65_536

    /// Reads a report, and cuts what is larger than any agent sends.
    ///
    /// - Throws: when it is no message at all. One of an unknown kind is not an error: it has a number, by which it is
    ///   acknowledged, and the agent would send it for ever.
    init(encoded bytes: [UInt8]) throws(WireError) {
        do throws(WireError) {
            var event = try ResponseEvent(encoded: bytes)
            event.at = min(event.at, Timestamp.now() + Self.ahead)
            event.output = Array(event.output.suffix(Self.outputLimit))
            event.detail = event.detail.bounded
            self = .event(event)
        } catch .missing {
            var report = try UnknownReport(encoded: bytes)
            report.at = min(report.at, Timestamp.now() + Self.ahead)
            report.detail = report.detail.bounded
            self = .unknown(report)
        }
    }

    var sequence: UInt64 {
        switch self {
        case .event(let event): event.sequence
        case .unknown(let report): report.sequence
        }
    }
}

/// A report whose kind this version does not know, or that lacks what every kind has here.
struct UnknownReport: Sendable, Equatable {
    var sequence: UInt64 = 0
    /// Nil when it is about no dispatch.
    var dispatch: DispatchID?
    var kind: UInt64 = 0
    /// In unix milliseconds.
    var at: Int64 = 0
    var detail = ""

    /// Reads the fields of an encoded ``ResponseEvent`` that keep their meaning in every version.
    init(encoded bytes: [UInt8]) throws(WireError) {
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: sequence = try field.unsigned()
            case 2: dispatch = DispatchID(bytes: try field.bytes())
            case 3: kind = try field.unsigned()
            case 4: at = try field.time()
            case 10: detail = try field.text()
            default: break
            }
        }
        guard sequence > 0 else { throw .missing(field: 1) }
    }
}

extension String {
    /// As much as is kept of a text that an agent has written: 4 KiB.
    var bounded: String {
        guard let end = utf8.index(startIndex, offsetBy: 4_096, limitedBy: utf8.endIndex), end < endIndex else {
            return self
        }
        // A character may be as long as one likes, a scalar not.
        return String(unicodeScalars[..<end]) + "…"
    }
}
