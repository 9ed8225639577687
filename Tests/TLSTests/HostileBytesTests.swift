import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct `TLS and hostile bytes` {
    private let credentials: Credentials
    private let server: TLSContext

    init() throws {
        credentials = try Credentials()
        server = try credentials.serverContext()
    }

    private func receive(_ bytes: ByteBuffer) throws -> Link.End {
        let end = try Link.End(server)
        try end.activate()
        try end.channel.writeInbound(bytes)
        return end
    }

    @Test func `another protocol on the port is refused at once`() throws {
        let http = try receive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(http.recorder.error?.description.contains("http request") == true)
        #expect(http.recorder.events.count == 2 && http.recorder.events.last == .inactive)
        let ssh = try receive(ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n"))
        guard case .handshakeFailed = ssh.recorder.error else {
            Issue.record("\(ssh.recorder.events)")
            return
        }
        #expect(ssh.recorder.events.count == 2 && ssh.recorder.events.last == .inactive)
    }

    @Test func `random bytes never get anywhere`() throws {
        for _ in 0..<300 {
            var bytes = (0..<Int.random(in: 1...600)).map { _ in UInt8.random(in: 0...255) }
            // Half of them begin like a handshake record, to get past the first check.
            if Bool.random() { bytes.insert(contentsOf: [22, 3, 1, 0, UInt8.random(in: 1...255), 1, 0], at: 0) }
            let end = try receive(ByteBuffer(bytes: bytes))
            #expect(end.recorder.completion == nil)
            #expect(end.channel.isActive == end.recorder.events.isEmpty)
            _ = try? end.channel.finish(acceptAlreadyClosed: true)
        }
    }

    @Test func `a damaged handshake gives nobody another name`() throws {
        for _ in 0..<300 {
            let link = try Link(client: credentials.agentContext(), server: server)
            var victim = Int.random(in: 0...4)
            for _ in 0..<6 {
                for (sender, receiver) in [(link.client, link.server), (link.server, link.client)] {
                    guard var bytes = try sender.takeOutput(), receiver.channel.isActive else { continue }
                    if victim == 0 {
                        let index = Int.random(in: bytes.readerIndex..<bytes.writerIndex)
                        bytes.setInteger(UInt8.random(in: 0...255), at: index)
                    }
                    victim -= 1
                    try receiver.channel.writeInbound(bytes)
                }
            }
            if let completed = link.server.recorder.completion {
                #expect(completed.peer?.commonName == Credentials.agentID)
            }
            if let completed = link.client.recorder.completion {
                #expect(completed.peer?.commonName == CertificateAuthority.serverName)
            }
        }
    }

    @Test func `a damaged record ends the connection, what came before it arrives`() throws {
        let link = try Link(client: credentials.agentContext(), server: server)
        try link.pump()
        link.client.send("good")
        var bytes = try #require(try link.client.takeOutput())
        link.client.send("bad")
        var damaged = try #require(try link.client.takeOutput())
        damaged.setInteger(0 as UInt8, at: damaged.writerIndex - 1)
        damaged.setInteger(0 as UInt8, at: damaged.writerIndex - 2)
        bytes.writeBuffer(&damaged)
        try link.server.channel.writeInbound(bytes)
        #expect(link.server.recorder.received == ByteBuffer(string: "good"))
        #expect(link.server.recorder.error?.description.contains("bad record mac") == true)
        #expect(link.server.recorder.events.last == .inactive)
        try link.pump()
        #expect(link.client.recorder.error?.description.contains("alert bad record mac") == true)
    }

    @Test func `a client that names no protocol, or only others, is refused with the right alert`() throws {
        let client = try TLSContext(side: .client)
        try client.use(credentials.agentCertificate, key: credentials.agentKey)
        try client.trust(credentials.authority.certificate)
        let link = try Link(client: client, server: server)
        try link.pump()
        #expect(link.server.recorder.completion == nil && !link.server.channel.isActive)
        #expect(link.server.recorder.error?.description.contains("does not speak this protocol") == true)
        #expect(link.client.recorder.error?.description.contains("alert no application protocol") == true)
    }

    @Test func `our protocols are found in any list`() {
        #expect(selected(["edr-agent/1"]) == .agent)
        #expect(selected(["h2", "edr-enroll/1"]) == .enrollment)
        #expect(selected(["edr-enroll/1", "edr-agent/1"]) == .agent)
        #expect(selected(["h2", "http/1.1"]) == nil)
        #expect(selected(["edr-agent/11", "edr-agent/"]) == nil)
        #expect(selected([]) == nil)
        #expect(selected(["", "edr-agent/1"]) == .agent)
    }

    @Test func `a damaged list of protocols selects nothing and reads nothing beyond its end`() {
        let encoded = ApplicationProtocol.enrollment.encoded
        for count in 0..<encoded.count {
            #expect(
                Array(encoded.prefix(count)).withUnsafeBufferPointer {
                    ApplicationProtocol.select(from: $0, among: ApplicationProtocol.ofAgents)
                } == nil)
        }
        #expect(
            [255, 1].withUnsafeBufferPointer {
                ApplicationProtocol.select(from: $0, among: ApplicationProtocol.ofAgents)
            } == nil)
    }

    private func selected(_ names: [String]) -> ApplicationProtocol? {
        let offer = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return offer.withUnsafeBufferPointer { offer in
            guard let (selected, name) = ApplicationProtocol.select(from: offer, among: ApplicationProtocol.ofAgents)
            else { return nil }
            #expect(offer[name].elementsEqual(selected.rawValue.utf8))
            return selected
        }
    }
}
