import Wire

extension Message {
    /// Reads a message's body.
    ///
    /// - Returns: nil for a type of a later version, whose messages are skipped.
    static func decode(type: UInt8, body: [UInt8]) throws(AgentProtocolError) -> Message? {
        guard let type = MessageType(rawValue: type) else { return nil }
        let message: Message
        do throws(WireError) {
            message = try decode(type, body)
        } catch {
            throw .malformedMessage(kind: type.name, error)
        }
        try message.validate()
        return message
    }

    private static func decode(_ type: MessageType, _ body: [UInt8]) throws(WireError) -> Message {
        switch type {
        case .hello: return .hello(try Hello(Fields(body)))
        case .welcome: return .welcome(try Welcome(Fields(body)))
        // The payload is the body, see ``encodedBody()``.
        case .order: return .order(payload: body)
        case .report: return .report(payload: body)
        case .journalSummary: return .journalSummary(payload: body)
        case .description: return .description(payload: body)
        case .describe: return .describe(dispatchIDs: try Fields(body).allBytes(1))
        case .renewRequest: return .renewRequest(certificateRequest: try Fields(body).bytes(1))
        case .renewResponse: return .renewResponse(certificateChain: try Fields(body).text(1))
        case .trust:
            let fields = try Fields(body)
            return .trust(authorities: try fields.allBytes(1), renewWithin: try fields.unsigned(2))
        case .trusted: return .trusted(fingerprints: try Fields(body).allBytes(1))
        case .turnedAway:
            let fields = try Fields(body)
            return .turnedAway(dispatchID: try fields.bytes(1), reason: try fields.text(2, default: ""))
        case .ready: return .ready
        case .reportAck: return .reportAck(throughSequence: try Fields(body).unsigned(1))
        case .ping: return .ping(nonce: try Fields(body).unsigned(1))
        case .pong: return .pong(nonce: try Fields(body).unsigned(1))
        case .goodbye: return .goodbye(reason: try Fields(body).text(1, default: ""))
        case .enrollRequest: return .enrollRequest(try EnrollRequest(Fields(body)))
        case .enrollResponse: return .enrollResponse(try EnrollResponse(Fields(body)))
        case .failure:
            let fields = try Fields(body)
            let code = FailureCode(rawValue: try fields.unsigned(1)) ?? .other
            return .failure(code: code, text: try fields.text(2, default: ""))
        }
    }

    /// Checks what the encoding alone does not assure.
    private func validate() throws(AgentProtocolError) {
        switch self {
        case .hello(let hello) where hello.protocolVersion == 0:
            throw .invalidField(kind: kind, field: "protocolVersion")
        // What the manager keeps of an agent.
        case .hello(let hello) where hello.journalID.utf8.count > Self.nameByteCount:
            throw .invalidField(kind: kind, field: "journalID")
        case .hello(let hello) where hello.agentVersion.utf8.count > Self.nameByteCount:
            throw .invalidField(kind: kind, field: "agentVersion")
        case .welcome(let welcome) where welcome.protocolVersion == 0:
            throw .invalidField(kind: kind, field: "protocolVersion")
        // A day is more than anybody waits for a dead link, and small enough for any arithmetic.
        case .welcome(let welcome) where !(1...86_400).contains(welcome.heartbeatSeconds):
            throw .invalidField(kind: kind, field: "heartbeatSeconds")
        case .turnedAway(let dispatchID, _) where dispatchID.count != Self.dispatchIDByteCount:
            throw .invalidField(kind: kind, field: "dispatchID")
        case .describe(let ids) where !ids.allSatisfy({ $0.count == Self.dispatchIDByteCount }):
            throw .invalidField(kind: kind, field: "dispatchIDs")
        case .trust(let authorities, _) where !(1...Self.authorityLimit).contains(authorities.count):
            throw .invalidField(kind: kind, field: "authorities")
        case .trusted(let fingerprints)
        where fingerprints.count > Self.authorityLimit
            || !fingerprints.allSatisfy({ $0.count == EnrollmentToken.fingerprintByteCount }):
            throw .invalidField(kind: kind, field: "fingerprints")
        case .order(let payload) where payload.isEmpty, .report(let payload) where payload.isEmpty,
            .description(let payload) where payload.isEmpty:
            throw .invalidField(kind: kind, field: "payload")
        default: break
        }
    }
}

extension Hello {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            protocolVersion: try fields.unsigned(1), agentVersion: try fields.text(2), agentName: try fields.text(3),
            hostname: try fields.text(4, default: ""), osName: try fields.text(5, default: ""),
            bootID: try fields.text(6, default: ""), journalID: try fields.text(7, default: ""))
    }
}

extension Welcome {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            protocolVersion: try fields.unsigned(1), managerName: try fields.text(2), agentID: try fields.text(3),
            heartbeatSeconds: try fields.unsigned(4), serverTime: try fields.signed(5))
    }
}

extension EnrollRequest {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            token: try fields.text(1), certificateRequest: try fields.bytes(2),
            requestedName: try fields.text(3, default: ""))
    }
}

extension EnrollResponse {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            agentID: try fields.text(1), agentName: try fields.text(2), certificateChain: try fields.text(3),
            authority: try fields.text(4), managerName: try fields.text(5, default: ""))
    }
}
