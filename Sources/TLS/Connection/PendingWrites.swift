import NIOCore

/// Plaintext that waits to be encrypted, in order, with the promises that its writers were given.
///
/// It never calls anybody: the handler takes batches out and writes them itself, since whoever it writes to may
/// write to it again.
struct PendingWrites {
    /// Encrypted bytes for the channel and the promises that depend on them.
    struct Batch {
        let bytes: ByteBuffer
        private let promises: [EventLoopPromise<Void>]

        init(bytes: ByteBuffer, promises: [EventLoopPromise<Void>]) {
            self.bytes = bytes
            self.promises = promises
        }

        /// One promise that completes all of them; nil when there is none.
        func promise(on eventLoop: any EventLoop) -> EventLoopPromise<Void>? {
            guard promises.count > 1 else { return promises.first }
            let promise = eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenComplete { [promises] result in
                for promise in promises { promise.completeWith(result) }
            }
            return promise
        }
    }

    private struct Write {
        var bytes: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    /// A batch is full at this many encrypted bytes.
    static let batchSize = 64 * 1024
    /// The most plaintext that a TLS record holds (RFC 8446, section 5.1).
    private static let recordSize = 16 * 1024

    private var writes = MarkedCircularBuffer<Write>(initialCapacity: 4)
    /// Promises of writes that were taken out for the batch that is being made.
    private var batchPromises: [EventLoopPromise<Void>] = []
    /// How many bytes wait, flushed or not.
    private(set) var byteCount = 0

    mutating func append(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) {
        byteCount += bytes.readableBytes
        writes.append(Write(bytes: bytes, promise: promise))
    }

    /// Marks everything that waits as to be sent.
    mutating func flush() {
        writes.mark()
    }

    /// Encrypts some of what was flushed; nil when nothing is left.
    ///
    /// Small writes share a record: a record costs 22 bytes and its own encryption.
    mutating func nextBatch(
        _ connection: TLSConnection, allocator: ByteBufferAllocator
    ) throws(TLSError) -> Batch? {
        guard writes.hasMark else { return nil }
        while connection.outputCount < Self.batchSize, var record = popFlushed(Self.recordSize) {
            if let next = popFlushed(Self.recordSize - record.readableBytes, wholeOnly: true) {
                let capacity = min(record.readableBytes + next.readableBytes + byteCount, Self.recordSize)
                var joined = allocator.buffer(capacity: capacity)
                joined.writeImmutableBuffer(record)
                joined.writeImmutableBuffer(next)
                while let next = popFlushed(Self.recordSize - joined.readableBytes, wholeOnly: true) {
                    joined.writeImmutableBuffer(next)
                }
                record = joined
            }
            try connection.write(record)
        }
        defer { batchPromises = [] }
        return Batch(bytes: connection.takeOutput(allocator: allocator) ?? ByteBuffer(), promises: batchPromises)
    }

    /// Takes out everything and returns the promises, which will not be kept.
    mutating func takeAll() -> [EventLoopPromise<Void>] {
        let promises = batchPromises + writes.compactMap { $0.promise }
        self = PendingWrites()
        return promises
    }

    /// Takes out up to `limit` bytes of the first flushed write, or nothing when `wholeOnly` and it has more.
    private mutating func popFlushed(_ limit: Int, wholeOnly: Bool = false) -> ByteBuffer? {
        guard writes.hasMark, let count = writes.first?.bytes.readableBytes else { return nil }
        if count > limit {
            guard !wholeOnly else { return nil }
            byteCount -= limit
            return writes[writes.startIndex].bytes.readSlice(length: limit)
        }
        let write = writes.removeFirst()
        byteCount -= count
        if let promise = write.promise { batchPromises.append(promise) }
        return write.bytes
    }
}
