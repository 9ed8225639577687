/// Why the sender of a ``Message/failure(code:text:)`` will not go on.
package enum FailureCode: UInt64, CaseIterable, Sendable {
    /// A reason that this version does not know, or none in particular.
    case other = 0
    /// No version of the protocol is spoken by both sides.
    case unsupportedVersion = 1
    /// The agent is not, or no longer, enrolled.
    case notEnrolled = 2
    /// The token is unknown, was used up or is too old. Which of these is not told to strangers.
    case tokenRejected = 3
    /// The certificate request cannot be granted.
    case requestRejected = 4
    /// The requested name or the token's id belongs to another agent.
    case nameTaken = 5
    /// A message came that makes no sense at this point.
    case unexpectedMessage = 6
    /// The agent has another, newer connection.
    case replaced = 7
    /// Something went wrong that is not the other side's fault; it may try again.
    case unavailable = 8
}
