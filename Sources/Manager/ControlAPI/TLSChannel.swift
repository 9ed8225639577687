import Daemon
import HummingbirdCore
import Logging
import NIOCore
import TLS

/// Another kind of connection inside TLS, with bounds on strangers.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    /// With what to accept the next connection.
    let context: @Sendable () -> TLSContext
    let strangers: StrangerGate
    let log: StrangerLog

    /// How long a connection may take until it has shown a good token.
    private var patience: TimeAmount { .seconds(20) }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        guard strangers.enter(channel) else {
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        let strangers = strangers
        let deadline = channel.eventLoop.scheduleTask(in: patience) {
            if strangers.holds(channel) { channel.close(promise: nil) }
        }
        channel.closeFuture.whenComplete { _ in deadline.cancel() }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(TLSHandler(context: context()), FailedHandshakeLog(log))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// Tells of connections that never came to be: other versions of TLS, or bytes that are no TLS.
private final class FailedHandshakeLog: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let log: StrangerLog
    private var isOpen = false

    init(_ log: StrangerLog) {
        self.log = log
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { isOpen = true }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOpen {
            log.say(
                .info, "Connection was refused",
                .of([.address: context.remoteAddress?.ipAddress ?? "", .error: "\(error)"]))
        }
        context.fireErrorCaught(error)
    }
}
