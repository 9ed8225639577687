import AgentProtocol

/// One message of every kind, with values that are easy to lose: empty, large, not ASCII.
enum Samples {
    static let dispatchID = [UInt8](0..<16)
    static let hello = Hello(
        agentVersion: "1.2.3", agentName: "wéb-1", hostname: "web-1.example", osName: "", bootID: "b-1",
        journalID: "0123456789abcdef")
    static func hello(ofVersion version: String = "1", ofJournal journal: String = "j") -> Hello {
        Hello(agentVersion: version, agentName: "a", hostname: "", osName: "", bootID: "", journalID: journal)
    }
    static let enrollRequest = EnrollRequest(
        token: "edr1.secret", certificateRequest: [0x30, 0, 255], requestedName: "web-1")

    static let messages: [Message] = [
        .hello(hello),
        .welcome(
            Welcome(managerName: "m", agentID: "007", heartbeatSeconds: 8, serverTime: 1_744_557_901_482)),
        .order(payload: [1, 2, 3]),
        .turnedAway(dispatchID: dispatchID, reason: "no space left on the device"),
        .ready,
        .report(payload: [UInt8](repeating: 9, count: 20_000)),
        .reportAck(throughSequence: 0),
        .reportAck(throughSequence: .max),
        .ping(nonce: 1),
        .pong(nonce: 0),
        .goodbye(reason: ""),
        .enrollRequest(enrollRequest),
        .enrollResponse(
            EnrollResponse(
                agentID: "007", agentName: "web-1", certificateChain: "PEM", authority: "PEM", managerName: "m")),
        .failure(code: .tokenRejected, text: "no such token"),
        .failure(code: .other, text: ""),
        .journalSummary(payload: []),
        .journalSummary(payload: [1, 2]),
        .describe(dispatchIDs: [dispatchID, dispatchID]),
        .describe(dispatchIDs: []),
        .description(payload: [1, 2, 3]),
        .renewRequest(certificateRequest: [0x30, 0, 255]),
        .renewResponse(certificateChain: "PEM"),
        .trust(authorities: [[0x30, 0, 255], [0x30, 1]], renewWithin: 3600),
        .trusted(fingerprints: [[UInt8](repeating: 7, count: 32), [UInt8](repeating: 8, count: 32)]),
    ]
}
