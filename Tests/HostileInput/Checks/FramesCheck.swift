import AgentProtocol
import NIOCore
import NIOEmbedded

/// Takes frames out of a stream, however it is cut, and messages out of frames.
struct FramesCheck {
    private let stream: [UInt8]
    private let maximumLength: Int
    private let pieceSize: Int

    /// - Parameter bytes: the kind of the connection, the length of its reads, then the stream.
    init(_ bytes: [UInt8]) {
        maximumLength = bytes.first == 0 ? FrameLimit.enrollment : FrameLimit.agent
        pieceSize = 1 + Int(bytes.dropFirst().first ?? 0)
        stream = Array(bytes.dropFirst(2))
    }

    func run() throws(Violation) {
        let whole = received([ByteBuffer(bytes: stream)])
        let pieces = stride(from: 0, to: stream.count, by: pieceSize).map { start in
            ByteBuffer(bytes: stream[start..<min(start + pieceSize, stream.count)])
        }
        let cut = received(pieces)
        try demand(cut.messages == whole.messages, "other messages in pieces of \(pieceSize)")
        try demand(cut.error == whole.error, "another error in pieces of \(pieceSize)")
        for message in whole.messages {
            guard let frame = sent(message) else { throw Violation("a received \(message.kind) cannot be sent") }
            try demand(received([frame]).messages == [message], "a \(message.kind) changes when it is sent on")
        }
    }

    private func received(_ pieces: [ByteBuffer]) -> (messages: [Message], error: AgentProtocolError?) {
        let channel = EmbeddedChannel(handler: FrameDecoder(maximumLength: maximumLength))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var problem: AgentProtocolError?
        for piece in pieces where problem == nil {
            do {
                try channel.writeInbound(piece)
            } catch {
                problem = error as? AgentProtocolError
            }
        }
        var messages: [Message] = []
        while let message = try? channel.readInbound(as: Message.self) { messages.append(message) }
        return (messages, problem)
    }

    private func sent(_ message: Message) -> ByteBuffer? {
        let channel = EmbeddedChannel(handler: FrameEncoder(maximumLength: maximumLength))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        guard (try? channel.writeOutbound(message)) != nil else { return nil }
        return try? channel.readOutbound(as: ByteBuffer.self)
    }

    static var samples: [[UInt8]] {
        let id = [UInt8](0..<16)
        let messages: [Message] = [
            .hello(
                Hello(
                    agentVersion: "1", agentName: "web-03", hostname: "web-03", osName: "Debian", bootID: "b",
                    journalID: "j")),
            .welcome(Welcome(managerName: "m", agentID: "001", heartbeatSeconds: 30, serverTime: 1)),
            .order(payload: [1, 2, 3]), .turnedAway(dispatchID: id, reason: "full"), .ready,
            .report(payload: [9]), .reportAck(throughSequence: .max), .ping(nonce: 1), .pong(nonce: 0),
            .goodbye(reason: "over"),
            .enrollRequest(EnrollRequest(token: "edr1.x", certificateRequest: [0x30, 0], requestedName: "web-03")),
            .enrollResponse(
                EnrollResponse(
                    agentID: "001", agentName: "web-03", certificateChain: "PEM", authority: "PEM",
                    managerName: "m")),
            .failure(code: .tokenRejected, text: "no"), .journalSummary(payload: [8, 1]),
            .describe(dispatchIDs: [id, id]),
            .description(payload: [10, 0]), .renewRequest(certificateRequest: [0x30, 0]),
            .renewResponse(certificateChain: "PEM"),
        ]
        let frames = messages.compactMap { FramesCheck([1, 0]).sent($0).map { Array(buffer: $0) } }
        return frames.map { [0, 3] + $0 } + [[1, 6] + frames.joined()]
    }
}
