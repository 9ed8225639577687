/// The number that says what a frame's body is.
///
/// Numbers are never used again for something else.
enum MessageType: UInt8, CaseIterable {
    case hello = 1
    case welcome = 2
    case order = 3
    // 4 and 5 were an undo and a cancellation, which nobody ever sent: orders do that.
    case report = 6
    case reportAck = 7
    case ping = 8
    case pong = 9
    case goodbye = 10
    case enrollRequest = 11
    case enrollResponse = 12
    case failure = 13
    case journalSummary = 14
    case describe = 15
    case description = 16
    case renewRequest = 17
    case renewResponse = 18
    case trust = 19
    case trusted = 20
    case turnedAway = 21
    case ready = 22

    var name: String {
        switch self {
        case .hello: "hello"
        case .welcome: "welcome"
        case .order: "order"
        case .report: "report"
        case .reportAck: "report_ack"
        case .ping: "ping"
        case .pong: "pong"
        case .goodbye: "goodbye"
        case .enrollRequest: "enroll_request"
        case .enrollResponse: "enroll_response"
        case .failure: "failure"
        case .journalSummary: "journal_summary"
        case .describe: "describe"
        case .description: "description"
        case .renewRequest: "renew_request"
        case .renewResponse: "renew_response"
        case .trust: "trust"
        case .trusted: "trusted"
        case .turnedAway: "turned_away"
        case .ready: "ready"
        }
    }
}

extension Message {
    var type: MessageType {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .order: .order
        case .report: .report
        case .reportAck: .reportAck
        case .ping: .ping
        case .pong: .pong
        case .goodbye: .goodbye
        case .enrollRequest: .enrollRequest
        case .enrollResponse: .enrollResponse
        case .failure: .failure
        case .journalSummary: .journalSummary
        case .describe: .describe
        case .description: .description
        case .renewRequest: .renewRequest
        case .renewResponse: .renewResponse
        case .trust: .trust
        case .trusted: .trusted
        case .turnedAway: .turnedAway
        case .ready: .ready
        }
    }
}
