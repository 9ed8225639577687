package import NIOCore

/// Turns received bytes into ``Message`` values.
///
/// Messages of unknown types are skipped. Anything malformed is fired as an ``AgentProtocolError`` and closes the
/// channel; nothing that comes after it is looked at.
package final class FrameDecoder: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = Message

    private var parser: FrameParser
    private var isFinished = false

    /// - Parameter maximumLength: how long a frame may be, see ``FrameLimit``.
    package init(maximumLength: Int) {
        parser = FrameParser(maximumLength: maximumLength)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinished else { return }
        parser.append(unwrapInboundIn(data))
        do throws(AgentProtocolError) {
            // Whoever gets a message may close the channel.
            while !isFinished, let frame = try parser.next() {
                guard let message = try Message.decode(type: frame.type, body: frame.body) else { continue }
                context.fireChannelRead(wrapInboundOut(message))
            }
        } catch {
            isFinished = true
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        isFinished = true
        context.fireChannelInactive()
    }
}
