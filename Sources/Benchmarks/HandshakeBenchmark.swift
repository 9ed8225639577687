import Foundation
import Glibc
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import TLS
import TestSupport

/// How many agents a core of the manager's can let in, and the processor time that its side spends on each: handshakes with
/// both certificates, full and resumed, in memory; and whole connections over the loopback, which are accepted, greeted and
/// closed.
///
/// The client's work does not count. Beside it what OpenSSL alone does, in memory.
enum HandshakeBenchmark {
    private static let count = 4_000
    private static let rounds = 5
    /// Handshakes at the same time.
    private static let atOnce = 32

    static func run() async throws {
        let site = try Site()
        let serving = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let visiting = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let context = try site.server()
        let door = try await ServerBootstrap(group: serving)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: context), Greeter()])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let address = door.localAddress else { throw NotSeen("the server has no address") }

        var floor: [Double] = []
        var inMemory: (full: [Double], resumed: [Double]) = ([], [])
        var full: [Double] = []
        var resumed: [Double] = []
        for _ in 0..<rounds {
            floor.append(try alone())
            inMemory.full.append(try handshakes(with: context) { try site.agent() })
            let agent = try site.agent()
            _ = try handshake(of: agent, with: context)
            inMemory.resumed.append(try handshakes(with: context, expectResumed: true) { agent })
            let agents = try (0..<atOnce).map { _ in try site.agent() }
            full.append(try await rate(of: serving, visiting, address) { _ in try site.agent() })
            // The first visit of each brings the ticket that the next ones use and renew.
            for agent in agents { _ = try await visit(visiting, address, agent) }
            resumed.append(try await rate(of: serving, visiting, address, expectResumed: true) { agents[$0] })
        }
        report("OpenSSL alone", floor)
        report("full handshakes", inMemory.full)
        report("resumed handshakes", inMemory.resumed)
        report("connections with full handshakes", full)
        report("connections with resumed handshakes", resumed)
        try await door.close()
        try await serving.shutdownGracefully()
        try await visiting.shutdownGracefully()
    }

    /// Full handshakes per second of processor time without sockets and without us.
    private static func alone() throws -> Double {
        let result = try ShellCommand.run(DaemonProcess.binaries + "/HandshakeFloor", [String(count)])
        guard result.status == 0,
            let rate = Double(result.output.trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw NotSeen("HandshakeFloor failed: \(result.errors)") }
        return rate
    }

    /// Handshakes per second of processor time through our handler, without sockets.
    private static func handshakes(
        with server: TLSContext, expectResumed: Bool = false, agent: () throws -> TLSContext
    ) throws -> Double {
        var spent = 0.0
        for _ in 0..<count {
            let (time, isResumed) = try handshake(of: agent(), with: server)
            guard isResumed == expectResumed else {
                throw NotSeen("a handshake was \(expectResumed ? "full" : "resumed")")
            }
            spent += time
        }
        return Double(count) / spent
    }

    /// One handshake; what the server's side took, in seconds of processor time, and whether the session was resumed.
    private static func handshake(
        of agent: TLSContext, with server: TLSContext
    ) throws -> (time: Double, isResumed: Bool) {
        var spent = 0.0
        func served<T>(_ work: () throws -> T) rethrows -> T {
            let start = threadTime()
            defer { spent += threadTime() - start }
            return try work()
        }
        let client = EmbeddedChannel()
        let recorder = CompletionRecorder()
        try client.pipeline.syncOperations.addHandlers(TLSHandler(context: agent), recorder)
        let host = try served {
            let host = EmbeddedChannel()
            try host.pipeline.syncOperations.addHandler(TLSHandler(context: server))
            try host.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            return host
        }
        try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var isBusy = true
        while isBusy {
            isBusy = false
            while let bytes = try client.readOutbound(as: ByteBuffer.self) {
                isBusy = true
                try served { _ = try host.writeInbound(bytes) }
            }
            while let bytes = try served({ try host.readOutbound(as: ByteBuffer.self) }) {
                isBusy = true
                try client.writeInbound(bytes)
            }
        }
        try served { _ = try host.finish(acceptAlreadyClosed: true) }
        _ = try client.finish(acceptAlreadyClosed: true)
        return (spent, recorder.isResumed)
    }

    private static func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func report(_ what: String, _ rates: [Double]) {
        let sorted = rates.sorted()
        print(
            String(
                format: "%@: %.0f per core-second (median of %d; %.0f to %.0f)", what, sorted[sorted.count / 2],
                sorted.count, sorted[0], sorted[sorted.count - 1]))
    }

    /// Handshakes per second of the server thread's processor time.
    ///
    /// - Parameter agent: who visits next in one of the places, one visit after the other.
    private static func rate(
        of serving: MultiThreadedEventLoopGroup, _ visiting: MultiThreadedEventLoopGroup, _ address: SocketAddress,
        expectResumed: Bool = false, agent: @escaping @Sendable (_ place: Int) throws -> TLSContext
    ) async throws -> Double {
        let before = try await processorTime(of: serving)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for place in 0..<atOnce {
                group.addTask {
                    for _ in 0..<(count / atOnce) {
                        guard try await visit(visiting, address, agent(place)) == expectResumed else {
                            throw NotSeen("a handshake was \(expectResumed ? "full" : "resumed")")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(count / atOnce * atOnce) / (try await processorTime(of: serving) - before)
    }

    /// Connects, waits for the greeting and closes; tells whether the session was resumed.
    private static func visit(
        _ group: MultiThreadedEventLoopGroup, _ address: SocketAddress, _ context: TLSContext
    ) async throws -> Bool {
        let greeted = group.next().makePromise(of: Bool.self)
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: context), Guest(greeted)])
                }
            }
            .connect(to: address).get()
        let isResumed = try await greeted.futureResult.get()
        try await channel.close()
        return isResumed
    }

    /// What the group's one thread has used, in seconds.
    private static func processorTime(of group: MultiThreadedEventLoopGroup) async throws -> Double {
        try await group.next().submit { threadTime() }.get()
    }
}

/// An authority with the certificates of a manager and an agent.
private struct Site {
    let authority: CertificateAuthority
    let serverKey: PrivateKey
    let serverCertificate: Certificate
    let agentKey: PrivateKey
    let agentCertificate: Certificate

    init() throws {
        authority = try CertificateAuthority()
        serverKey = try PrivateKey()
        serverCertificate = try authority.issueServerCertificate(for: serverKey)
        agentKey = try PrivateKey()
        agentCertificate = try authority.issueAgentCertificate(for: CertificateRequest(for: agentKey), agentID: "001")
    }

    func server() throws -> TLSContext {
        try .server(authority: authority.certificate, certificate: serverCertificate, key: serverKey)
    }

    func agent() throws -> TLSContext {
        try .agent(authority: authority.certificate, certificate: agentCertificate, key: agentKey)
    }
}

/// Greets whoever comes with one byte.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "!")), promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Waits for the greeting.
private final class Guest: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let greeted: EventLoopPromise<Bool>
    private var isResumed = false

    init(_ greeted: EventLoopPromise<Bool>) {
        self.greeted = greeted
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted { isResumed = completed.isResumed }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { greeted.succeed(isResumed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        greeted.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        greeted.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

/// Notes whether a handshake resumed a session.
private final class CompletionRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var isResumed = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted { isResumed = completed.isResumed }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
