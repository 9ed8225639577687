import NIOCore
import TLS

/// What arrived at the end of a pipeline, in order.
///
/// Runs of bytes are one event.
enum Event: Equatable, Sendable {
    case completed(TLSHandshakeCompleted)
    case bytes(ByteBuffer)
    case inputClosed
    case error(TLSError)
    case otherError(String)
    case inactive
}

/// Records what arrives, for channels that the test itself drives.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var events: [Event] = []
    /// Called for everything that arrives, after it is recorded.
    var onEvent: ((Event, ChannelHandlerContext) -> Void)?

    var completion: TLSHandshakeCompleted? {
        events.lazy.compactMap { if case .completed(let completed) = $0 { completed } else { nil } }.first
    }

    var error: TLSError? {
        events.lazy.compactMap { if case .error(let error) = $0 { error } else { nil } }.first
    }

    /// Everything that arrived as bytes.
    var received: ByteBuffer {
        var all = ByteBuffer()
        for case .bytes(let bytes) in events { all.writeImmutableBuffer(bytes) }
        return all
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        record(.bytes(unwrapInboundIn(data)), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted {
            record(.completed(completed), context)
        } else if case ChannelEvent.inputClosed = event {
            record(.inputClosed, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        record((error as? TLSError).map { .error($0) } ?? .otherError("\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        record(.inactive, context)
    }

    private func record(_ event: Event, _ context: ChannelHandlerContext) {
        defer { onEvent?(event, context) }
        if case .bytes(var bytes) = event, case .bytes(var before) = events.last {
            // Taken out first: a buffer that is held twice would be copied as a whole for each piece.
            events.removeLast()
            before.writeBuffer(&bytes)
            events.append(.bytes(before))
        } else {
            events.append(event)
        }
    }
}
