import NIOCore

/// Cuts a stream of bytes into frames: a length in four bytes, most significant first, then as many bytes, of
/// which the first is the type and the others are the body.
///
/// It is a value without I/O. It never holds more than one unfinished frame and what came in the same read, and
/// never reserves memory for bytes that were only announced.
struct FrameParser {
    struct Frame: Equatable {
        let type: UInt8
        let body: [UInt8]
    }

    private static let lengthByteCount = 4

    private let maximumLength: Int
    private var buffer = ByteBuffer()

    /// - Parameter maximumLength: what a frame's length field may say at most.
    init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// How much memory is held, in bytes.
    var capacity: Int { buffer.capacity }

    /// Takes in received bytes.
    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            // Nothing is left over: keep the received buffer itself instead of copying from it.
            buffer = bytes
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// Takes out the next whole frame; nil when more bytes are needed.
    mutating func next() throws(AgentProtocolError) -> Frame? {
        guard let announced = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        let length = Int(announced)
        guard length > 0 else { throw .emptyFrame }
        guard length <= maximumLength else { throw .frameTooLarge(length: length, maximum: maximumLength) }
        guard buffer.readableBytes >= Self.lengthByteCount + length else {
            // What was read is dropped only here, once per received buffer and not once per frame.
            buffer.discardReadBytes()
            return nil
        }
        buffer.moveReaderIndex(forwardBy: Self.lengthByteCount)
        guard let type = buffer.readInteger(as: UInt8.self), let body = buffer.readBytes(length: length - 1) else {
            return nil
        }
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return Frame(type: type, body: body)
    }
}
