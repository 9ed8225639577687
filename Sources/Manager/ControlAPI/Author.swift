import Foundation
import Hummingbird
import NIOCore

/// Who asks for a change by hand, and why, as the ledger keeps it.
struct Author: Sendable, Equatable {
    /// The most bytes of a reason or a name.
    static let limit = 1000

    /// Such as `uid 0 (root)`, or `alice, uid 0 (root)` when it was said who the person is.
    let name: String
    /// Empty when nobody said.
    let reason: String

    /// - Parameters:
    ///   - peer: who the kernel says is at the other end; nil when that cannot be known.
    ///   - person: who the client says it is.
    /// - Throws: when a text is too long or holds control characters.
    init(peer: PeerIdentity?, person: String?, reason: String?) throws(ControlFailure) {
        for (what, text) in [("by", person), ("reason", reason)] {
            guard let text else { continue }
            let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard isClean, text.utf8.count <= Self.limit else {
                throw ControlFailure(
                    .badRequest, "\"\(what)\" is one line of at most \(Self.limit) bytes, without control characters")
            }
        }
        let origin = peer?.description ?? "local"
        let isNews = person.map { !$0.isEmpty && $0 != peer?.name } ?? false
        name = isNews ? "\(person ?? ""), \(origin)" : origin
        self.reason = reason ?? ""
    }

    /// Who and why.
    var text: String { reason.isEmpty ? name : "\(name): \(reason)" }

    /// The same, as a line of a timeline says it.
    var detail: String { "by \(text)" }
}

/// The process at the other end of the control socket, as the kernel knows it.
struct PeerIdentity: Sendable, Equatable, CustomStringConvertible {
    let userID: UInt32
    /// Nil when the user id has no name.
    let name: String?

    var description: String { name.map { "uid \(userID) (\($0))" } ?? "uid \(userID)" }

    /// Asks the kernel (`SO_PEERCRED`); nil for a channel that is no Unix socket.
    static func of(_ channel: any Channel) async -> PeerIdentity? {
        guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider,
            let credentials: Credentials = try? await provider.unsafeGetSocketOption(
                level: .socket, name: .init(rawValue: SO_PEERCRED)
            ).get()
        else { return nil }
        return PeerIdentity(userID: credentials.user, name: userName(credentials.user))
    }

    /// `struct ucred`, which Glibc's module leaves out.
    private struct Credentials {
        var process: pid_t
        var user: uid_t
        var group: gid_t
    }

    private static func userName(_ id: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}

/// The context of a control request: also who asks.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who asks for a change.
    func author(person: String?, reason: String?) async throws(ControlFailure) -> Author {
        try Author(peer: await PeerIdentity.of(channel), person: person, reason: reason)
    }
}
