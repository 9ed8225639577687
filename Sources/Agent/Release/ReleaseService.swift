import Daemon
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Listens on `run/agent.sock` for `edr-agent --release`.
///
/// One line in, `release`; lines for people out, after a first one that is `done` or `failed`.
struct ReleaseService: Service {
    static let request = "release"
    static let done = "done"
    static let failed = "failed"

    let path: String
    let group: MultiThreadedEventLoopGroup
    let release: LocalRelease
    let logger: Logger

    /// How long a client may take to say what it wants.
    private static let patience = TimeAmount.seconds(10)

    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    func run() async throws {
        do {
            try await listen()
        } catch {
            // Responses matter more: without the socket a release needs a stopped agent.
            logger.error(
                "Socket for --release cannot be opened; it works while the agent is stopped",
                metadata: .of([.file: path, .error: "\(error)"]))
            try await gracefulShutdown()
        }
        unlink(path)
    }

    private func listen() async throws {
        // Nothing is read of a client that no task has yet, and only a task makes a stream of one: who comes in while the
        // socket is closed reaches none, and a stream that nobody ends is a trap of SwiftNIO's.
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeSucceededFuture(channel)
            }
        chmod(path, 0o600)
        // Closed instead of cancelled: each client that was given to a task is closed by it.
        try await withGracefulShutdownHandler {
            try await server.executeThenClose { clients in
                try await withThrowingDiscardingTaskGroup { tasks in
                    for try await client in clients { tasks.addTask { await answer(client) } }
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
        }
    }

    private func answer(_ client: any Channel) async {
        do {
            try await serve(client)
        } catch {
            logger.warning("Release was not answered", metadata: .of([.error: "\(error)"]))
        }
    }

    private func serve(_ channel: any Channel) async throws {
        let timeout = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        defer { timeout.cancel() }
        let client = try await channel.eventLoop.submit {
            guard channel.isActive else { throw ChannelError.alreadyClosed }
            return try Client(wrappingChannelSynchronously: channel)
        }.get()
        try await client.executeThenClose { inbound, outbound in
            try await channel.setOption(.autoRead, value: true).get()
            guard let requester = try await Self.requester(of: channel), requester.isAllowed else {
                return try await outbound.write(ByteBuffer(string: "\(Self.failed)\nonly root may release this host\n"))
            }
            // Who has not said anything yet is let go when the agent stops; who has gets an answer.
            let text = try await withGracefulShutdownHandler {
                var text = ""
                for try await bytes in inbound {
                    text += String(buffer: bytes)
                    if text.contains("\n") || text.utf8.count > 64 { break }
                }
                return text
            } onGracefulShutdown: {
                channel.close(promise: nil)
            }
            guard text == Self.request + "\n" else {
                return try await outbound.write(ByteBuffer(string: "\(Self.failed)\nthis is no request\n"))
            }
            timeout.cancel()
            let outcome = await cancelWhenGracefulShutdown { await release.perform(for: requester) }
            let lines = [outcome.isDone ? Self.done : Self.failed] + outcome.lines
            try await outbound.write(ByteBuffer(string: lines.joined(separator: "\n") + "\n"))
        }
    }

    /// Who is at the other end; nil when the kernel does not say.
    private static func requester(of channel: any Channel) async throws -> ReleaseRequester? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let peer: PeerCredentials = try await options.unsafeGetSocketOption(
            level: .init(rawValue: SOL_SOCKET), name: .init(rawValue: SO_PEERCRED)
        ).get()
        return ReleaseRequester(user: peer.user, process: peer.process)
    }

    /// `struct ucred` of unix(7), which Swift's overlay of the C library leaves out.
    private struct PeerCredentials: Sendable {
        let process: Int32
        let user: UInt32
        let group: UInt32
    }
}
