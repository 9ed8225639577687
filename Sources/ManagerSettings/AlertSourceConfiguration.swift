package import Alerts
package import ConfigurationTree

/// One `<alert_source>`.
package struct AlertSourceConfiguration: Sendable, Equatable {
    /// How alerts come.
    package enum Kind: String, CaseIterable, Sendable {
        case file
    }

    /// Where reading begins when the source is new and its file is there already.
    package enum Start: String, CaseIterable, Sendable {
        /// Old alerts are history: a ban for yesterday's attack would only do harm.
        case end
        case beginning
    }

    /// Under which the position is kept.
    package let name: String
    package let path: String
    package let format: AlertFormat
    package let start: Start
    package let sourceLocation: SourceLocation

    /// What is read, without where it is configured.
    var reading: [String] { [name, path, format.rawValue, start.rawValue] }
}
