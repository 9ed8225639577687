package import Logging

/// The keys of log metadata: a closed list, so that logs can be searched (docs/reference/logging.md).
package enum LogKey: String, CaseIterable, Sendable {
    case activeResponse = "active_response"
    case address
    case agent
    case alert
    case count
    case dispatch
    case error
    case file
    case host
    case kind
    case name
    case offset
    case port
    case reason
    case rule
    case source
    case state
    case version
}

extension Logger.Metadata {
    /// Makes metadata out of keys of the list; values become their text.
    package static func of(_ values: KeyValuePairs<LogKey, any CustomStringConvertible & Sendable>) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        for (key, value) in values { metadata[key.rawValue] = .stringConvertible(value) }
        return metadata
    }
}
