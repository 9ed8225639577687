package import Wire

/// What can be wrong with what the other side of a link sends, or with an enrollment token.
///
/// After any error in received bytes the connection is closed: there is no way to find the next frame.
package enum AgentProtocolError: Error, Equatable, CustomStringConvertible {
    /// A frame is longer than this connection allows.
    case frameTooLarge(length: Int, maximum: Int)
    /// A frame has not even a type.
    case emptyFrame
    /// A frame's body is not the message that its type says.
    case malformedMessage(kind: String, WireError)
    /// A field has a value that the message cannot have.
    case invalidField(kind: String, field: String)
    /// A text is no enrollment token.
    case invalidToken(reason: String)

    package var description: String {
        switch self {
        case .frameTooLarge(let length, let maximum):
            "a frame of \(length) bytes is longer than the \(maximum) that this connection allows"
        case .emptyFrame: "a frame is empty"
        case .malformedMessage(let kind, let error): "a \"\(kind)\" message is malformed: \(error)"
        case .invalidField(let kind, let field): "a \"\(kind)\" message has an invalid \"\(field)\""
        case .invalidToken(let reason):
            "this is no enrollment token: \(reason); get one with \"edr-control enroll token\""
        }
    }
}
