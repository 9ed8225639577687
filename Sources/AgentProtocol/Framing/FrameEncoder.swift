package import NIOCore

/// Turns ``Message`` values into frames.
///
/// A message that is too long for the other side fails its write with ``AgentProtocolError/frameTooLarge(length:maximum:)``;
/// the connection stays usable.
package final class FrameEncoder: ChannelOutboundHandler {
    package typealias OutboundIn = Message
    package typealias OutboundOut = ByteBuffer

    private let maximumLength: Int

    /// - Parameter maximumLength: how long a frame may be, see ``FrameLimit``.
    package init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        do throws(AgentProtocolError) {
            let frame = try Self.encode(
                unwrapOutboundIn(data), maximumLength: maximumLength, allocator: context.channel.allocator)
            context.write(wrapOutboundOut(frame), promise: promise)
        } catch {
            promise?.fail(error)
        }
    }

    /// The frame of one message.
    static func encode(
        _ message: Message, maximumLength: Int, allocator: ByteBufferAllocator = ByteBufferAllocator()
    ) throws(AgentProtocolError) -> ByteBuffer {
        let body = message.encodedBody()
        let length = 1 + body.count
        guard length <= maximumLength else { throw .frameTooLarge(length: length, maximum: maximumLength) }
        var frame = allocator.buffer(capacity: 4 + length)
        frame.writeInteger(UInt32(truncatingIfNeeded: length))
        frame.writeInteger(message.type.rawValue)
        frame.writeBytes(body)
        return frame
    }
}
