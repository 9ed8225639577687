import NIOCore

/// Stands before the listener's own accepting: connections for which there is no room go no further, before anything
/// is made for them.
final class StrangerDoor: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let gate: StrangerGate

    init(gate: StrangerGate) {
        self.gate = gate
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if gate.enter(unwrapInboundIn(data)) { context.fireChannelRead(data) }
    }
}
