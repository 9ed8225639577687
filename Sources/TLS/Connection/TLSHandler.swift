package import NIOCore

/// Encrypts what goes out of a channel and decrypts what comes in.
///
/// It starts the handshake when the channel is active and sends ``TLSHandshakeCompleted`` through the pipeline
/// when it is done. Any failure is fired as a ``TLSError`` and closes the channel.
///
/// - Writes before the end of the handshake wait in a bounded buffer; after it they are encrypted at once, so
///   that the channel's own writability is the back-pressure.
/// - `close()` sends `close_notify`, and drops what is not yet written, as any channel does. To be sure that a last
///   message arrives, await its write first. `close(mode: .output)` sends `close_notify` and goes on reading.
/// - A peer's `close_notify` closes the channel, or with the option `allowRemoteHalfClosure` sends
///   `ChannelEvent.inputClosed`. An end without `close_notify` is ``TLSError/truncated``.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How many bytes may be written before the handshake is done.
    package static let earlyWriteLimit = 2 * 1024 * 1024

    /// How many bytes OpenSSL may have for a peer on its own account while that reads nothing: the answers to its
    /// requests for new keys.
    static let unreadLimit = 64 * 1024

    private enum State {
        /// The channel is not active yet.
        case idle
        case handshaking(TLSConnection)
        case open(TLSConnection)
        /// Our side has sent `close_notify`, the peer's side is open.
        case outputClosed(TLSConnection)
        /// The peer has sent `close_notify`, our side is open.
        case inputClosed(TLSConnection)
        case closed
    }

    private let context: TLSContext
    private let handshakeTimeout: TimeAmount
    private var timeout: Scheduled<Void>?
    private var state = State.idle
    private var pending = PendingWrites()
    private var readIsWanted = false
    /// What OpenSSL has sent on its own account since the channel was writable, in bytes.
    private var unread = 0

    /// - Parameter handshakeTimeout: how long the handshake may take, from the channel's start.
    package init(context: TLSContext, handshakeTimeout: TimeAmount = .seconds(10)) {
        self.context = context
        self.handshakeTimeout = handshakeTimeout
    }

    // MARK: The channel's life

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .handshaking: end(context, with: .closedDuringHandshake)
        case .open, .outputClosed: end(context, with: .truncated)
        case .idle, .inputClosed, .closed: end(context, with: nil)
        }
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        end(context, with: nil)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        do throws(TLSError) {
            let connection = try TLSConnection(context: self.context)
            state = .handshaking(connection)
            timeout = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) { [weak self] in
                self?.fail(context, with: .handshakeTimeout)
            }
            proceed(context, connection)
            // The handshake needs bytes even while nobody downstream asks for any.
            context.read()
        } catch {
            fail(context, with: error)
        }
    }

    /// Releases everything.
    ///
    /// No TLS byte is sent or read after this.
    private func end(_ context: ChannelHandlerContext, with error: TLSError?) {
        if case .closed = state { return }
        state = .closed
        timeout?.cancel()
        timeout = nil
        for promise in pending.takeAll() { promise.fail(error ?? TLSError.closed) }
        if let error { context.fireErrorCaught(error) }
    }

    /// Sends the alert that OpenSSL may have for the peer, tells the pipeline and closes the channel.
    private func fail(_ context: ChannelHandlerContext, with error: TLSError) {
        switch state {
        case .closed: return
        case .idle: break
        case .handshaking(let connection), .open(let connection), .outputClosed(let connection),
            .inputClosed(let connection):
            send(context, connection)
        }
        end(context, with: error)
        context.close(mode: .all, promise: nil)
    }

    // MARK: From the peer

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshaking(let connection), .open(let connection), .outputClosed(let connection):
            do throws(TLSError) {
                try connection.receive(unwrapInboundIn(data))
            } catch {
                fail(context, with: error)
                return
            }
            proceed(context, connection)
        case .idle, .inputClosed, .closed:
            break
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        switch state {
        case .handshaking:
            context.read()
        case .open, .outputClosed:
            // The bytes that came were no whole record, so the reader downstream is still waiting.
            if readIsWanted { context.read() }
        case .idle, .inputClosed, .closed:
            break
        }
    }

    package func read(context: ChannelHandlerContext) {
        readIsWanted = true
        context.read()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        switch state {
        case .handshaking: fail(context, with: .closedDuringHandshake)
        case .open, .outputClosed: fail(context, with: .truncated)
        // Told at the peer's `close_notify` already.
        case .inputClosed, .closed: break
        case .idle: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Goes on with the handshake or with decrypting, whichever it is time for.
    private func proceed(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        do throws(TLSError) {
            if case .handshaking = state {
                guard try connection.handshake() else {
                    send(context, connection)
                    return
                }
                try complete(context, connection)
            }
            decrypt(context, connection)
        } catch {
            fail(context, with: error)
        }
    }

    private func complete(_ context: ChannelHandlerContext, _ connection: TLSConnection) throws(TLSError) {
        let event = try connection.completion()
        state = .open(connection)
        timeout?.cancel()
        timeout = nil
        // The handshake's last bytes leave together with what is written upon the event, and whatever was written early
        // before both: one packet instead of two.
        write(context, connection)
        try encrypt(context, connection)
        guard case .open = state else { return }
        context.fireUserInboundEventTriggered(event)
        context.flush()
    }

    private func decrypt(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        // Whoever receives bytes or events may close the channel; then there is nothing more to read.
        while canRead {
            var buffer = context.channel.allocator.buffer(
                capacity: min(connection.inputCount, PendingWrites.batchSize))
            let result = connection.read(into: &buffer, limit: PendingWrites.batchSize)
            if buffer.readableBytes > 0 {
                readIsWanted = false
                context.fireChannelRead(wrapInboundOut(buffer))
            }
            switch result {
            case .bytes: continue
            case .needsMore:
                send(context, connection)
                if unread > Self.unreadLimit { fail(context, with: .unread(limit: Self.unreadLimit)) }
            case .closed: closeInput(context, connection)
            case .failed(let error): fail(context, with: error)
            }
            return
        }
    }

    private var canRead: Bool {
        switch state {
        case .open, .outputClosed: true
        case .idle, .handshaking, .inputClosed, .closed: false
        }
    }

    /// Acts on the peer's `close_notify`.
    private func closeInput(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        guard canRead else { return }
        let isHalfClosureAllowed = try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)
        if isHalfClosureAllowed == true, case .open = state {
            state = .inputClosed(connection)
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            close(context: context, mode: .all, promise: nil)
        }
    }

    // MARK: To the peer

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        switch state {
        case .idle, .handshaking:
            guard pending.byteCount + bytes.readableBytes <= Self.earlyWriteLimit else {
                promise?.fail(TLSError.writeBufferFull(limit: Self.earlyWriteLimit))
                return
            }
            pending.append(bytes, promise: promise)
        case .open(let connection), .inputClosed(let connection):
            pending.append(bytes, promise: promise)
            // A writer that does not flush must see the channel become unwritable too.
            guard pending.byteCount >= PendingWrites.batchSize else { return }
            encryptAll(context, connection)
        case .outputClosed, .closed:
            promise?.fail(TLSError.closed)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        switch state {
        case .idle, .handshaking:
            pending.flush()
        case .open(let connection), .inputClosed(let connection):
            encryptAll(context, connection)
            context.flush()
        case .outputClosed, .closed:
            context.flush()
        }
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (mode, state) {
        case (.input, _):
            context.close(mode: .input, promise: promise)
        case (.output, .open(let connection)):
            state = .outputClosed(connection)
            closeOutput(context, connection)
            context.close(mode: .output, promise: promise)
        case (.output, .idle), (.output, .handshaking):
            promise?.fail(ChannelError.operationUnsupported)
        case (.output, .outputClosed), (.output, .closed):
            promise?.fail(ChannelError.outputClosed)
        // With the peer's side closed before, closing ours ends the connection.
        case (.all, .open(let connection)), (.all, .inputClosed(let connection)),
            (.output, .inputClosed(let connection)):
            closeOutput(context, connection)
            end(context, with: nil)
            context.close(mode: .all, promise: promise)
        case (.all, .idle), (.all, .handshaking), (.all, .outputClosed), (.all, .closed):
            end(context, with: nil)
            context.close(mode: .all, promise: promise)
        }
    }

    private func closeOutput(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        connection.sendCloseNotify()
        for promise in pending.takeAll() { promise.fail(TLSError.closed) }
        send(context, connection)
    }

    private func encryptAll(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        do throws(TLSError) {
            pending.flush()
            try encrypt(context, connection)
        } catch {
            fail(context, with: error)
        }
    }

    /// Encrypts what was flushed and passes it on.
    ///
    /// Whoever it is passed to may write more, or close the channel.
    private func encrypt(_ context: ChannelHandlerContext, _ connection: TLSConnection) throws(TLSError) {
        while canWrite {
            guard let batch = try pending.nextBatch(connection, allocator: context.channel.allocator) else { return }
            context.write(wrapOutboundOut(batch.bytes), promise: batch.promise(on: context.eventLoop))
        }
    }

    private var canWrite: Bool {
        switch state {
        case .open, .inputClosed: true
        case .idle, .handshaking, .outputClosed, .closed: false
        }
    }

    /// Sends what OpenSSL has for the peer on its own account: handshake messages, alerts, key updates.
    private func send(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        if write(context, connection) { context.flush() }
    }

    /// The same without a flush; whether there was anything.
    @discardableResult
    private func write(_ context: ChannelHandlerContext, _ connection: TLSConnection) -> Bool {
        guard let bytes = connection.takeOutput(allocator: context.channel.allocator) else { return false }
        unread = context.channel.isWritable ? 0 : unread + bytes.readableBytes
        context.write(wrapOutboundOut(bytes), promise: nil)
        return true
    }
}
