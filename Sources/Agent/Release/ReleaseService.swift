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
        let server = try await ServerBootstrap(group: group)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture { try Client(wrappingChannelSynchronously: channel) }
            }
        chmod(path, 0o600)
        // Closed instead of cancelled: each client that was let in is given to a task, which closes it.
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

    private func answer(_ client: Client) async {
        do {
            try await serve(client)
        } catch {
            logger.warning("Release was not answered", metadata: .of([.error: "\(error)"]))
        }
    }

    private func serve(_ client: Client) async throws {
        let timeout = client.channel.eventLoop.scheduleTask(in: Self.patience) {
            client.channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        try await client.executeThenClose { inbound, outbound in
            guard let requester = try await Self.requester(of: client.channel), requester.isAllowed else {
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
                client.channel.close(promise: nil)
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
