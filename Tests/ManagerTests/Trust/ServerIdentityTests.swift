import AgentProtocol
import NIOCore
import NIOPosix
import Synchronization
import TLS
import TestSupport
import Testing

@testable import Manager

@Suite struct `The manager's own certificate` {
    private static let day: Int64 = 86_400

    @Test func `is made anew when a third of its life is left`() throws {
        let now = CertificateAuthority.currentTime
        let authorities = try Authorities(issuing: CertificateAuthority(now: now))
        let identity = try ServerIdentity(authorities, lifetime: 90 * Self.day, now: now)
        let (first, context) = (identity.credentials.certificate, identity.context)
        #expect(first.expiresAt == now + 90 * Self.day)
        #expect(try !identity.refresh(now: now + 59 * Self.day) { _ in true })
        #expect(identity.context === context)
        #expect(try identity.refresh(now: now + 60 * Self.day) { _ in true })
        #expect(identity.credentials.certificate.expiresAt == now + 150 * Self.day)
        #expect(identity.context !== context)
        #expect(try !identity.refresh(now: now + 61 * Self.day) { _ in true })
    }

    @Test func `is of the old authority until all agents trust the new one, and when one does not any more`() throws {
        let old = try CertificateAuthority()
        let identity = try ServerIdentity(Authorities(issuing: old), lifetime: 3600)
        try identity.change(to: Authorities(issuing: CertificateAuthority(), retiring: old))
        func shown() throws -> Fingerprint { try identity.credentials.authority.fingerprint() }
        let present = identity.authorities
        #expect(try shown() == old.certificate.fingerprint())
        #expect(try !identity.refresh { _ in false })
        #expect(try identity.refresh { _ in true })
        #expect(try shown() == present.issuing.certificate.fingerprint())
        #expect(try !identity.refresh { _ in true })
        #expect(try identity.refresh { _ in false })
        #expect(try shown() == old.certificate.fingerprint())
    }

    @Test func `is exchanged while the manager runs: open links stay, new ones see it`() async throws {
        let fixture = try await AgentConnectionFixture()
        let port = try freePort()
        let now = CertificateAuthority.currentTime
        let identity = fixture.authorities.identity
        let first = try identity.credentials.certificate.fingerprint()
        let desk = fixture.desk
        let key = try PrivateKey()
        let certificate = try identity.authorities.issuing.issueAgentCertificate(
            for: CertificateRequest(for: key), agentID: "001")
        fixture.registry.add(.sample("001", fingerprint: try certificate.fingerprint().description))
        // A context of its own for each, so that nothing is resumed and the certificate is seen.
        func visit() async throws -> Visitor {
            try await Visitor.connect(
                .agent(authority: identity.credentials.authority, certificate: certificate, key: key), port: port)
        }
        let listener = AgentListener(
            address: "127.0.0.1", port: port, group: .singleton, identity: identity, desk: desk,
            readiness: Readiness(doors: 1), logger: .quiet)
        let clock = ManualClock()
        // 3,600 seconds: the look after 2,400 of them is the first that finds a third left.
        let watch = CertificateWatch(desk: fixture.authorities, lifetime: 3600, clock: clock) {
            now + clock.elapsedSeconds
        }
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            group.addTask { try await watch.run() }
            let early = try await visit()
            #expect(early.peer == first)
            for _ in 0..<3 { await clock.advance() }
            #expect(try identity.credentials.certificate.fingerprint() == first)
            await clock.advance()
            await clock.sleeping()
            let second = try identity.credentials.certificate.fingerprint()
            #expect(second != first)
            let late = try await visit()
            #expect(late.peer == second)
            #expect(early.channel.isActive)
            try await early.channel.close()
            try await late.channel.close()
            group.cancelAll()
        }
    }
}

/// A clock that stands still until it is told to go on to the end of what somebody sleeps.
private final class ManualClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var now = ContinuousClock.now
        var sleeper: (until: Instant, wake: CheckedContinuation<Void, Never>)?
        var onSleep: CheckedContinuation<Void, Never>?
    }

    private let start: Instant
    private let state: Mutex<State>

    init() {
        let state = State()
        start = state.now
        self.state = Mutex(state)
    }

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .nanoseconds(1) }
    var elapsedSeconds: Int64 { start.duration(to: now).components.seconds }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let onSleep = state.withLock { state in
                    state.sleeper = (deadline, continuation)
                    defer { state.onSleep = nil }
                    return state.onSleep
                }
                onSleep?.resume()
                if Task.isCancelled { wake() }
            }
        } onCancel: {
            wake()
        }
        try Task.checkCancellation()
    }

    private func wake() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.wake.resume()
    }

    /// Waits until somebody sleeps.
    func sleeping() async {
        await withCheckedContinuation { continuation in
            let sleeps = state.withLock { state in
                if state.sleeper == nil { state.onSleep = continuation }
                return state.sleeper != nil
            }
            if sleeps { continuation.resume() }
        }
    }

    /// Goes on to the end of the sleep.
    func advance() async {
        await sleeping()
        state.withLock { state in
            if let sleeper = state.sleeper { state.now = sleeper.until }
        }
        wake()
    }
}

/// An agent that looks at the manager's certificate and keeps its link.
private struct Visitor {
    let channel: any Channel
    let peer: Fingerprint?

    static func connect(_ context: TLSContext, port: Int) async throws -> Visitor {
        let seen = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Fingerprint?.self)
        var attempts = 0
        while true {
            do {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandlers(
                                TLSHandler(context: context), FrameDecoder(maximumLength: FrameLimit.agent),
                                FrameEncoder(maximumLength: FrameLimit.agent), Eye(seen))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port).get()
                return Visitor(channel: channel, peer: try await seen.futureResult.get())
            } catch  where attempts < 200 {
                // The listener is on its way.
                attempts += 1
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private final class Eye: ChannelInboundHandler {
        typealias InboundIn = Message
        typealias OutboundOut = Message

        private let seen: EventLoopPromise<Fingerprint?>

        init(_ seen: EventLoopPromise<Fingerprint?>) { self.seen = seen }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard let handshake = event as? TLSHandshakeCompleted else { return }
            seen.succeed(handshake.peer?.fingerprint)
            let hello = Hello(
                agentVersion: "1", agentName: "web", hostname: "web", osName: "Linux", bootID: "b", journalID: "a")
            context.writeAndFlush(wrapOutboundOut(.hello(hello)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .ping(let nonce) = unwrapInboundIn(data) else { return }
            context.writeAndFlush(wrapOutboundOut(.pong(nonce: nonce)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            seen.fail(error)
            context.close(promise: nil)
        }
    }
}
