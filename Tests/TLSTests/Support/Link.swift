import NIOCore
import NIOEmbedded
import TLS

/// A client and a server without a network between them: the test carries the bytes.
final class Link {
    final class End {
        let channel = EmbeddedChannel()
        let recorder = Recorder()
        let handler: TLSHandler

        init(_ context: TLSContext, handshakeTimeout: TimeAmount = .seconds(10)) throws {
            handler = TLSHandler(context: context, handshakeTimeout: handshakeTimeout)
            try channel.pipeline.syncOperations.addHandlers(handler, recorder)
        }

        func activate() throws {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        /// Takes what this end wants to send.
        func takeOutput() throws -> ByteBuffer? {
            var all: ByteBuffer?
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all.setOrWriteImmutableBuffer(bytes) }
            return all
        }

        func send(_ bytes: ByteBuffer) {
            channel.writeAndFlush(bytes, promise: nil)
        }

        func send(_ text: String) {
            send(ByteBuffer(string: text))
        }
    }

    let client: End
    let server: End

    init(client: TLSContext, server: TLSContext, handshakeTimeout: TimeAmount = .seconds(10)) throws {
        self.client = try End(client, handshakeTimeout: handshakeTimeout)
        self.server = try End(server, handshakeTimeout: handshakeTimeout)
        try self.server.activate()
        try self.client.activate()
    }

    deinit {
        _ = try? client.channel.finish(acceptAlreadyClosed: true)
        _ = try? server.channel.finish(acceptAlreadyClosed: true)
    }

    /// Carries bytes and ends of connections to and fro until both sides are silent.
    ///
    /// - Parameter chunk: the size of the next piece that is handed over.
    func pump(chunk: () -> Int = { .max }) throws {
        var isBusy = true
        while isBusy {
            let toServer = try carry(from: client, to: server, chunk)
            let toClient = try carry(from: server, to: client, chunk)
            isBusy = toServer || toClient
        }
    }

    private func carry(from sender: End, to receiver: End, _ chunk: () -> Int) throws -> Bool {
        var isBusy = false
        if var bytes = try sender.takeOutput() {
            isBusy = true
            while receiver.channel.isActive, bytes.readableBytes > 0 {
                let piece = bytes.readSlice(length: min(chunk(), bytes.readableBytes))
                try receiver.channel.writeInbound(piece ?? ByteBuffer())
            }
        }
        if !sender.channel.isActive, receiver.channel.isActive {
            isBusy = true
            receiver.channel.close(promise: nil)
        }
        return isBusy
    }
}
