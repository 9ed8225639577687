import Wire

extension Message {
    /// The message's body, without the frame around it.
    func encodedBody() -> [UInt8] {
        switch self {
        case .hello(let hello): hello.encoded()
        case .welcome(let welcome): welcome.encoded()
        case .enrollRequest(let request): request.encoded()
        case .enrollResponse(let response): response.encoded()
        case .order(let payload), .report(let payload), .journalSummary(let payload), .description(let payload):
            // The payload is the body: a field around it would copy a megabyte for nothing.
            payload
        case .turnedAway(let dispatchID, let text):
            Self.fields { writer in
                writer.write(dispatchID, field: 1)
                writer.write(text, field: 2)
            }
        case .ready: []
        case .reportAck(let sequence): Self.fields { $0.write(sequence, field: 1) }
        case .ping(let nonce), .pong(let nonce): Self.fields { $0.write(nonce, field: 1) }
        case .goodbye(let reason): Self.fields { $0.write(reason, field: 1) }
        case .failure(let code, let text):
            Self.fields { writer in
                writer.write(code.rawValue, field: 1)
                writer.write(text, field: 2)
            }
        case .renewRequest(let request): Self.fields { $0.write(request, field: 1) }
        case .renewResponse(let chain): Self.fields { $0.write(chain, field: 1) }
        case .trust(let authorities, let renewWithin):
            Self.fields { writer in
                for authority in authorities { writer.write(authority, field: 1) }
                writer.write(renewWithin, field: 2)
            }
        case .trusted(let fingerprints):
            Self.fields { writer in
                for fingerprint in fingerprints { writer.write(fingerprint, field: 1) }
            }
        case .describe(let dispatchIDs):
            Self.fields { writer in
                for dispatchID in dispatchIDs { writer.write(dispatchID, field: 1) }
            }
        }
    }

    fileprivate static func fields(_ body: (inout FieldWriter) -> Void) -> [UInt8] {
        var writer = FieldWriter()
        body(&writer)
        return writer.bytes
    }
}

extension Hello {
    fileprivate func encoded() -> [UInt8] {
        Message.fields { writer in
            writer.write(protocolVersion, field: 1)
            writer.write(agentVersion, field: 2)
            writer.write(agentName, field: 3)
            writer.write(hostname, field: 4)
            writer.write(osName, field: 5)
            writer.write(bootID, field: 6)
            writer.write(journalID, field: 7)
        }
    }
}

extension Welcome {
    fileprivate func encoded() -> [UInt8] {
        Message.fields { writer in
            writer.write(protocolVersion, field: 1)
            writer.write(managerName, field: 2)
            writer.write(agentID, field: 3)
            writer.write(heartbeatSeconds, field: 4)
            writer.write(serverTime, field: 5)
        }
    }
}

extension EnrollRequest {
    fileprivate func encoded() -> [UInt8] {
        Message.fields { writer in
            writer.write(token, field: 1)
            writer.write(certificateRequest, field: 2)
            writer.write(requestedName, field: 3)
        }
    }
}

extension EnrollResponse {
    fileprivate func encoded() -> [UInt8] {
        Message.fields { writer in
            writer.write(agentID, field: 1)
            writer.write(agentName, field: 2)
            writer.write(certificateChain, field: 3)
            writer.write(authority, field: 4)
            writer.write(managerName, field: 5)
        }
    }
}
