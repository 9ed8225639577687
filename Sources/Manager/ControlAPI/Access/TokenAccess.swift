import Daemon
import Hummingbird
import Logging
import ManagerSettings
import NIOCore
import TLS

/// Access by an API token, which every request has to bring.
struct TokenAccess: AccessControl {
    let tokens: APITokens
    let strangers: StrangerGate
    let log: StrangerLog
    let pace = AttemptPace()

    func caller(of request: Request, on channel: any Channel) async throws(ControlFailure) -> Caller {
        let address = channel.remoteAddress?.ipAddress ?? ""
        guard let text = Self.token(of: request) else { throw refusal("it shows none", on: channel, address) }
        let verdict: APITokens.Verdict
        do {
            verdict = try tokens.check(text, from: address)
        } catch {
            throw ControlFailure(.internalServerError, error.description)
        }
        switch verdict {
        case .good(let name, let role):
            strangers.leave(channel)
            return Caller(identity: .token(name, address: address), role: role)
        case .expired(let name): throw refusal("\"\(name)\" has expired", on: channel, address)
        case .unknown: throw refusal("it is not known, or was revoked", on: channel, address)
        }
    }

    private static func token(of request: Request) -> String? {
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }

    /// Whoever fails too often is not logged any more, and has to connect anew for each attempt; a good token is taken
    /// all the same, since nobody shall be able to lock others of the same network out.
    ///
    /// - Parameter reason: for the log; strangers are not told.
    private func refusal(_ reason: String, on channel: any Channel, _ address: String) -> ControlFailure {
        let (network, now) = (PeerNetwork(channel.remoteAddress), NIODeadline.now())
        guard pace.admits(network, now: now) else {
            return ControlFailure(
                .tooManyRequests, "too many requests without a good API token; try again in a minute",
                endsConnection: true)
        }
        pace.failed(network, now: now)
        log.say(.warning, "API token was refused", .of([.address: address, .reason: reason]))
        return ControlFailure(
            .unauthorized,
            "this takes an API token that is valid, as \"Authorization: Bearer TOKEN\"; make one on the manager with "
                + "edr-control api-token create",
            // One that was known before has no deadline any more.
            endsConnection: !strangers.holds(channel))
    }
}
