import ActiveResponse
import Wire

/// What an agent reports, also when it is newer than this manager.
enum AgentReport: Sendable {
    case event(ResponseEvent)
    case unknown(UnknownReport)

    /// Reads a report.
    ///
    /// - Throws: when it is no message at all. One of an unknown kind is not an error: it has a number, by which it is
    ///   acknowledged, and the agent would send it for ever.
    init(encoded bytes: [UInt8]) throws(WireError) {
        do throws(WireError) {
            self = .event(try ResponseEvent(encoded: bytes))
        } catch .missing {
            self = .unknown(try UnknownReport(encoded: bytes))
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
