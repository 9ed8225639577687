import Foundation
import NIOCore
import NIOPosix
import TLS
import Testing

@Suite(.timeLimit(.minutes(5))) struct `TLS over sockets` {
    private let credentials: Credentials
    private let directory: TemporaryDirectory

    init() throws {
        credentials = try Credentials()
        directory = try TemporaryDirectory()
        try credentials.authority.certificate.write(to: directory.file("ca.pem"))
        try credentials.agentCertificate.write(to: directory.file("agent.pem"))
        try credentials.agentKey.write(to: directory.file("agent-key.pem"))
    }

    @Test func `agent and manager talk and part without an error`() async throws {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let client = try await SocketEnd.connect(credentials.agentContext(), to: server.address)
        try await client.channel.writeAndFlush(ByteBuffer(string: "hello"))
        #expect(await client.bytes(5) == ByteBuffer(string: "hello"))
        try await client.channel.close()
        #expect(await client.all() == [.inactive])
        try await server.channel.close()
    }

    @Test func `ten megabytes go to and fro while both sides are slow in turn`() async throws {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let client = try await SocketEnd.connect(credentials.agentContext(), to: server.address)
        let sent = ByteBuffer(bytes: (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        async let received = client.bytes(sent.readableBytes)
        var rest = sent
        while let piece = rest.readSlice(length: min(rest.readableBytes, .random(in: 1...300_000))),
            piece.readableBytes > 0
        {
            try await client.channel.writeAndFlush(piece)
        }
        #expect(await received == sent)
        try await client.channel.close()
        try await server.channel.close()
    }

    @Test func `an end closes its side and still gets the whole answer`() async throws {
        let server = try await SocketServer.start(credentials.serverContext(), allowsHalfClosure: true) {
            AnswerAtEnd()
        }
        let client = try await SocketEnd.connect(credentials.agentContext(), to: server.address)
        let sent = ByteBuffer(repeating: 5, count: 1_000_000)
        try await client.channel.writeAndFlush(sent)
        try await client.channel.close(mode: .output)
        // Which error depends on whether the server has closed its side by now.
        await #expect(throws: (any Error).self) {
            try await client.channel.writeAndFlush(ByteBuffer(string: "late"))
        }
        var received = ByteBuffer()
        var others: [Event] = []
        for event in await client.all() {
            if case .bytes(let bytes) = event { received.writeImmutableBuffer(bytes) } else { others.append(event) }
        }
        #expect(received == sent)
        #expect(others.count == 2 && others.last == .inactive, "\(others)")
        try await server.channel.close()
    }

    @Test func `a reader that asks for each read gets what comes in many small pieces`() async throws {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let client = try await SocketEnd.connect(credentials.agentContext(), to: server.address)
        try await client.channel.writeAndFlush(ByteBuffer(string: "first"))
        #expect(await client.bytes(5) == ByteBuffer(string: "first"))
        try await client.channel.setOption(.autoRead, value: false).get()
        // A record of 16 kB comes in several reads, of which all but the last yield nothing.
        try await client.channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512)).get()
        try await client.channel.setOption(.maxMessagesPerRead, value: 1).get()
        try await client.channel.writeAndFlush(ByteBuffer(repeating: 1, count: 16_384))
        client.channel.read()
        #expect(await client.bytes(16_384).readableBytes == 16_384)
        try await client.channel.close()
        try await server.channel.close()
    }

    @Test func `two hundred agents at once are all served`() async throws {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let context = try credentials.agentContext()
        let served = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let client = try await SocketEnd.connect(context, to: server.address)
                    let text = ByteBuffer(string: "agent \(index)")
                    try await client.channel.writeAndFlush(text)
                    let isEqual = await client.bytes(text.readableBytes) == text
                    try await client.channel.close()
                    return isEqual
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(served == 200)
        try await server.channel.close()
    }

    @Test func `whoever does not speak TLS is cut off`() async throws {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let client = try await SocketEnd.connectPlain(to: server.address)
        try await client.channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        // An alert, and the end of the connection.
        var events = await client.all()
        #expect(events.popLast() == .inactive)
        for case .bytes(let bytes) in events { #expect(bytes.getInteger(at: 0, as: UInt8.self) == 21) }
        try await server.channel.close()
    }

    // MARK: Another implementation

    @Test(.enabled(if: OpenSSLCommand.isPresent))
    func `a foreign client with an agent's certificate gets in`() async throws {
        let outcome = try await connectForeignClient([
            "-alpn", "edr-agent/1", "-cert", directory.file("agent.pem"), "-key", directory.file("agent-key.pem"),
        ])
        #expect(outcome.output.contains("ALPN protocol: edr-agent/1"))
        #expect(outcome.output.contains("TLSv1.3"))
        #expect(outcome.output.contains("Verify return code: 0 (ok)"))
        #expect(outcome.status == 0)
    }

    @Test(.enabled(if: OpenSSLCommand.isPresent))
    func `a foreign client that enrolls gets the whole chain and is asked for nothing`() async throws {
        let outcome = try await connectForeignClient(["-alpn", "edr-enroll/1", "-showcerts"])
        #expect(outcome.output.contains("ALPN protocol: edr-enroll/1"))
        #expect(outcome.output.components(separatedBy: "-----BEGIN CERTIFICATE-----").count == 3)
        #expect(!outcome.output.contains("Acceptable client certificate CA names"))
        #expect(outcome.output.contains("Verify return code: 0 (ok)"))
    }

    @Test(
        .enabled(if: OpenSSLCommand.isPresent),
        arguments: [
            (["-tls1_2", "-alpn", "edr-enroll/1"], "alert protocol version"),
            (["-alpn", "h2,http/1.1"], "alert no application protocol"),
            ([], "alert no application protocol"),
            (["-alpn", "edr-enroll/1,edr-agent/1", "-ign_eof"], "alert certificate required"),
        ])
    func `a foreign client that does not fit is refused`(arguments: [String], reason: String) async throws {
        let outcome = try await connectForeignClient(arguments)
        #expect(outcome.status != 0)
        #expect(outcome.output.contains(reason), "\(outcome.output)")
    }

    /// Connects `openssl s_client`, which leaves when its standard input is at its end.
    private func connectForeignClient(_ arguments: [String]) async throws -> OpenSSLCommand.Outcome {
        let server = try await SocketServer.start(credentials.serverContext()) { Echo() }
        let port = try #require(server.address.port)
        let outcome = try OpenSSLCommand.run(
            ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", directory.file("ca.pem")] + arguments)
        try await server.channel.close()
        return outcome
    }
}
