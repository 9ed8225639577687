import NIOCore
import NIOPosix
import Testing

@testable import Agent

/// What an administrator is told when a manager cannot be reached.
@Suite struct ConnectionProblemTests {
    private func problem(host: String, port: Int) async -> String? {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: host, port: port).get()
            try await channel.close()
            return nil
        } catch {
            return ConnectionProblem.text(error)
        }
    }

    @Test func `a closed port is a refused connection`() async throws {
        // Nobody listens on tcpmux.
        #expect(
            await problem(host: "127.0.0.1", port: 1)
                == "connection refused; is edr-manager running there, on this port?")
    }

    @Test func `a name without addresses is named`() async {
        #expect(await problem(host: "no-such-host.invalid", port: 1)?.contains("\"no-such-host.invalid\"") == true)
    }

    @Test func `a connection that takes too long has timed out`() {
        #expect(ConnectionProblem.text(ChannelError.connectTimeout(.seconds(10))).hasPrefix("the connection timed out"))
    }
}
