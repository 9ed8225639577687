import Alerts
import Logging
import Synchronization

/// Alerts that come by `POST /v1/alerts`: one JSON object, or one a line, each in any format.
final class HTTPAlertSource: Sendable {
    /// What a request's body holds.
    struct Result {
        var accepted = 0
        var fired: [FiredAlert] = []
        var problems: [API.AlertsAnswer.Problem] = []
    }

    let name = "http"
    private let intake: Mutex<AlertIntake>

    init(context: DecisionContext, statistics: SourceStatistics, logger: Logger) {
        intake = Mutex(AlertIntake(format: nil, context: context, statistics: statistics, logger: logger))
    }

    /// Decides every alert of a body.
    ///
    /// A line that is no alert is named in the result and hinders no other.
    func decide(_ body: [UInt8]) -> Result {
        intake.withLock { intake in
            intake.refresh()
            var result = Result()
            var number = 0
            for line in Self.isOneObject(body) ? [body[...]] : Self.lines(body) {
                number += 1
                if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
                do throws(AlertError) {
                    if let fired = try Self.take(line, &intake) { result.fired.append(fired) }
                    result.accepted += 1
                } catch {
                    result.problems.append(.init(line: number, error: error.description))
                }
            }
            return result
        }
    }

    /// A single object may be spread over several lines; NDJSON may not.
    private static func isOneObject(_ body: [UInt8]) -> Bool {
        body.withUnsafeBytes { bytes in
            var scanner = AlertScanner()
            return (try? scanner.scanAny(bytes)) != nil
        }
    }

    private static func lines(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
        body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private static func take(_ line: ArraySlice<UInt8>, _ intake: inout AlertIntake) throws(AlertError) -> FiredAlert? {
        // `withUnsafeBytes` would widen the error's type; this does not.
        try line.withUnsafeBufferPointer { bytes throws(AlertError) in
            try intake.take(UnsafeRawBufferPointer(bytes))
        }
    }
}
