import NIOCore
import Testing
import Wire

@testable import AgentProtocol

@Suite struct Messages {
    @Test(arguments: Samples.messages)
    func `a message comes back as it was sent`(message: Message) throws {
        let decoded = try Message.decode(type: message.type.rawValue, body: message.encodedBody())
        #expect(decoded == message)
    }

    @Test func `every kind is in the samples and has its own name`() {
        #expect(Set(Samples.messages.map(\.type)) == Set(MessageType.allCases))
        #expect(Set(MessageType.allCases.map(\.name)).count == MessageType.allCases.count)
    }

    @Test func `the encoding does not change between versions`() {
        // Written down, because the other side may be an older program: these bytes must stay.
        #expect(
            Message.turnedAway(dispatchID: Samples.dispatchID, reason: "me").encodedBody()
                == [0x0A, 16] + Samples.dispatchID + [0x12, 2, 0x6D, 0x65])
        #expect(Message.ping(nonce: 300).encodedBody() == [0x08, 0xAC, 0x02])
        #expect(Message.failure(code: .notEnrolled, text: "x").encodedBody() == [0x08, 2, 0x12, 1, 0x78])
        #expect(MessageType.allCases.map(\.rawValue) == [1, 2, 3] + Array(6...22))
        #expect(FailureCode.allCases.map(\.rawValue) == Array(0...8))
    }

    @Test func `a type of a later version, or of an early one, is skipped`() throws {
        #expect(try Message.decode(type: 4, body: [1]) == nil)
        #expect(try Message.decode(type: 5, body: [1]) == nil)
        #expect(try Message.decode(type: 0, body: [1, 2, 3]) == nil)
        #expect(try Message.decode(type: 23, body: []) == nil)
        #expect(try Message.decode(type: 255, body: [0xFF]) == nil)
    }

    @Test(arguments: Samples.messages)
    func `fields of a later version are skipped`(message: Message) throws {
        switch message {
        case .order, .report, .journalSummary, .description: return
        default: break
        }
        var later = FieldWriter()
        later.write("later", field: 99)
        later.write(UInt64(7), field: 1000)
        let body = message.encodedBody() + later.bytes
        #expect(try Message.decode(type: message.type.rawValue, body: body) == message)
    }

    @Test func `a failure code of a later version is some other failure`() throws {
        let decoded = try Message.decode(type: MessageType.failure.rawValue, body: [0x08, 0x63, 0x12, 1, 0x78])
        #expect(decoded == .failure(code: .other, text: "x"))
    }

    @Test func `what a message cannot do without is asked for`() {
        #expect(throws: AgentProtocolError.malformedMessage(kind: "hello", .missing(field: 2))) {
            try Message.decode(type: MessageType.hello.rawValue, body: [0x08, 1])
        }
        #expect(throws: AgentProtocolError.malformedMessage(kind: "enroll_request", .missing(field: 1))) {
            try Message.decode(type: MessageType.enrollRequest.rawValue, body: [])
        }
        #expect(throws: AgentProtocolError.malformedMessage(kind: "turned_away", .missing(field: 1))) {
            try Message.decode(type: MessageType.turnedAway.rawValue, body: [])
        }
    }

    @Test(arguments: [
        (Message.turnedAway(dispatchID: [1, 2, 3], reason: ""), "dispatchID"),
        (.turnedAway(dispatchID: [UInt8](repeating: 0, count: 17), reason: ""), "dispatchID"),
        (.hello(Samples.hello(ofJournal: String(repeating: "j", count: 129))), "journalID"),
        (.hello(Samples.hello(ofVersion: String(repeating: "v", count: 129))), "agentVersion"),
        (.order(payload: []), "payload"),
        (.report(payload: []), "payload"),
        (.description(payload: []), "payload"),
        (.describe(dispatchIDs: [Samples.dispatchID, [1]]), "dispatchIDs"),
        (
            .welcome(Welcome(protocolVersion: 0, managerName: "m", agentID: "1", heartbeatSeconds: 8, serverTime: 0)),
            "protocolVersion"
        ),
        (.welcome(Welcome(managerName: "m", agentID: "1", heartbeatSeconds: 0, serverTime: 0)), "heartbeatSeconds"),
        (
            .welcome(Welcome(managerName: "m", agentID: "1", heartbeatSeconds: .max, serverTime: 0)),
            "heartbeatSeconds"
        ),
    ])
    func `values that make no sense are errors`(message: Message, field: String) {
        #expect(throws: AgentProtocolError.invalidField(kind: message.kind, field: field)) {
            try Message.decode(type: message.type.rawValue, body: message.encodedBody())
        }
    }

    @Test func `text that is not UTF-8 and fields of another type are errors`() {
        #expect(throws: AgentProtocolError.malformedMessage(kind: "goodbye", .invalidText(field: 1))) {
            try Message.decode(type: MessageType.goodbye.rawValue, body: [0x0A, 1, 0xFF])
        }
        #expect(throws: AgentProtocolError.malformedMessage(kind: "ping", .unexpectedType(field: 1))) {
            try Message.decode(type: MessageType.ping.rawValue, body: [0x0A, 1, 0x78])
        }
    }

    @Test func `no random body crashes the decoder`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let body = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? Message.decode(type: .random(in: 0...18, using: &generator), body: body)
        }
    }

    @Test func `no damaged message crashes the decoder or comes back as another kind`() throws {
        var generator = SystemRandomNumberGenerator()
        for message in Samples.messages where message.encodedBody().count < 1000 {
            for _ in 0..<200 {
                var body = message.encodedBody()
                guard !body.isEmpty else { continue }
                body[.random(in: body.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                if Bool.random(using: &generator) { body.removeLast(.random(in: 0...body.count, using: &generator)) }
                if let decoded = try? Message.decode(type: message.type.rawValue, body: body) {
                    #expect(decoded.type == message.type)
                }
            }
        }
    }

    @Test func `a request that is printed keeps its token to itself`() {
        for text in ["\(Samples.enrollRequest)", "\(Message.enrollRequest(Samples.enrollRequest))"] {
            #expect(!text.contains("secret") && text.contains("web-1"))
        }
    }
}
