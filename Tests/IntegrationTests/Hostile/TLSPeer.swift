import Foundation
import NIOCore
import NIOPosix
import TLS

/// A peer that speaks TLS as it should and then sends what it likes.
struct TLSPeer {
    /// What came from the other side, in words.
    enum Event: Sendable {
        case handshake
        case bytes([UInt8])
        case error(String)
    }

    let channel: any Channel
    private let events: AsyncStream<Event>

    /// Connects to a port of 127.0.0.1 and begins the handshake.
    static func connect(_ context: TLSContext, port: Int) async throws -> TLSPeer {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context: context), Ear(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TLSPeer(channel: channel, events: events)
    }

    /// Waits for the end of the handshake, as this side sees it.
    func handshake() async {
        for await event in events { if case .handshake = event { return } }
    }

    /// Sends bytes; whether they left.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            return true
        } catch {
            return false
        }
    }

    /// A frame: its length, its type and its body.
    static func frame(_ type: UInt8, _ body: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: UInt32(1 + body.count).bigEndian) { Array($0) } + [type] + body
    }

    /// The types of the frames that come until one is of this type.
    func types(until type: UInt8) async -> [UInt8] {
        var received: [UInt8] = []
        for await event in events {
            guard case .bytes(let bytes) = event else { continue }
            received += bytes
            let types = Self.types(in: received)
            if types.contains(type) { return types }
        }
        return Self.types(in: received)
    }

    /// Everything until the other side closes.
    func end() async -> (types: [UInt8], errors: String) {
        var received: [UInt8] = []
        var errors = ""
        for await event in events {
            switch event {
            case .handshake: break
            case .bytes(let bytes): received += bytes
            case .error(let error): errors += error + "\n"
            }
        }
        return (Self.types(in: received), errors)
    }

    /// What comes until a text is in it, or with nil until the other side closes.
    func text(until end: String?) async -> String {
        var received = ""
        for await event in events {
            guard case .bytes(let bytes) = event else { continue }
            received += String(decoding: bytes, as: UTF8.self)
            if let end, received.contains(end) { break }
        }
        return received
    }

    private static func types(in bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var types: [UInt8] = []
        while rest.count >= 5 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 4 + length, length > 0 else { break }
            types.append(rest[rest.startIndex + 4])
            rest = rest.dropFirst(4 + length)
        }
        return types
    }
}

private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<TLSPeer.Event>.Continuation

    init(_ continuation: AsyncStream<TLSPeer.Event>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(.bytes(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { continuation.yield(.handshake) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.yield(.error("\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
    }
}
