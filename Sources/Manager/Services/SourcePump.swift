import ServiceLifecycle

/// The way from the sources' threads to the dispatcher.
///
/// How much may be in it is bounded by the sources themselves, which wait for their batches to be durable
/// (``BatchPace``).
struct SourceInbox: Sendable {
    struct Item: Sendable {
        let batch: SourceBatch
        let committed: @Sendable () -> Void
    }

    let items: AsyncStream<Item>
    private let continuation: AsyncStream<Item>.Continuation

    init() {
        (items, continuation) = AsyncStream.makeStream()
    }

    var sink: SourceSink {
        { [continuation] batch, committed in continuation.yield(Item(batch: batch, committed: committed)) }
    }
}

/// Hands what sources found to the dispatcher, one batch after the other.
struct SourcePump: Service {
    let inbox: SourceInbox
    let dispatcher: Dispatcher

    func run() async throws {
        // Sources stop before this service does, and wait for their last batch: nothing is left in the stream.
        for await item in inbox.items.cancelOnGracefulShutdown() {
            await dispatcher.take(item.batch, committed: item.committed)
        }
    }
}
