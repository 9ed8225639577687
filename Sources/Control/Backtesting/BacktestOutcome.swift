import Backtest
import Daemon
import Policy

/// A report with what it was made of.
struct BacktestOutcome: Sendable {
    /// The file or folder of the configuration.
    let candidate: String
    let current: String?
    let agentsFrom: BacktestAgents.Origin
    let seconds: Double
    let report: BacktestReport

    var read: Int { report.files.reduce(0) { $0 + $1.alerts } }
    var invalid: Int { report.files.reduce(0) { $0 + $1.invalid } }
    var alertsPerSecond: Int { seconds > 0 ? Int(Double(read) / seconds) : 0 }
    var whiteListed: Int { report.responses.reduce(0) { $0 + $1.whiteListed.total } }

    /// The name of an agent of the report; nil for one that has none.
    func name(ofAgent id: String) -> String? {
        report.agents.first { $0.id == id }?.name
    }

    /// A time of the report as the API writes times.
    static func time(_ milliseconds: Int64?) -> String? {
        milliseconds.map(Timestamp.iso8601(milliseconds:))
    }
}
