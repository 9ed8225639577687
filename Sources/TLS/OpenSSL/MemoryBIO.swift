import COpenSSL

/// A memory BIO for OpenSSL's functions that read or write PEM and DER.
///
/// OpenSSL wipes the buffer when the BIO is freed, so a private key leaves no trace in it.
final class MemoryBIO {
    let pointer: OpaquePointer

    init() throws(TLSError) {
        pointer = try ErrorQueue.check(BIO_new(BIO_s_mem()), "allocate a BIO")
    }

    /// Makes a BIO from which `bytes` can be read.
    convenience init(holding bytes: UnsafeRawBufferPointer) throws(TLSError) {
        try self.init()
        // More than the clamped count can never be written, so too many bytes are an error as well.
        let written = bytes.isEmpty ? 0 : BIO_write(pointer, bytes.baseAddress, Int32(clamping: bytes.count))
        guard Int(written) == bytes.count else { throw ErrorQueue.failure(of: "fill a BIO") }
    }

    /// Makes a BIO from which `bytes` can be read.
    convenience init(holding bytes: [UInt8]) throws(TLSError) {
        try self.init()
        let written = bytes.isEmpty ? 0 : BIO_write(pointer, bytes, Int32(clamping: bytes.count))
        guard Int(written) == bytes.count else { throw ErrorQueue.failure(of: "fill a BIO") }
    }

    deinit {
        BIO_free(pointer)
    }

    /// Calls `body` with what was written and not yet read.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(TLSError) -> Result) throws(TLSError) -> Result {
        var start: UnsafePointer<CChar>?
        let count = edr_BIO_get_mem_data(pointer, &start)
        return try body(UnsafeRawBufferPointer(start: start, count: max(count, 0)))
    }
}
