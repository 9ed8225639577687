import Alerts
import CZlib
import Glibc

/// A file of alerts, one a line: plain, or compressed by gzip as Wazuh's archives are.
struct HistoryFile: ~Copyable {
    /// As the command line names it; `-` is the standard input.
    let name: String
    private let stream: gzFile

    /// How much is read at once, in bytes.
    private static let chunk = 1 << 20

    init(_ name: String) throws(ControlError) {
        self.name = name
        let descriptor = name == "-" ? dup(0) : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(name, String(cString: strerror(errno))) }
        // What is not compressed comes through as it is.
        guard let stream = gzdopen(descriptor, "rb") else {
            close(descriptor)
            throw Self.unreadable(name, "there is not enough memory")
        }
        gzbuffer(stream, UInt32(Self.chunk / 4))
        self.stream = stream
    }

    deinit { gzclose_r(stream) }

    /// Calls the body for each line, also for a last one without a newline.
    ///
    /// - Parameter body: gets bytes that are valid during the call only; answers whether to go on.
    consuming func forEachLine(_ body: (LineSplitter.Line) -> Bool) throws(ControlError) {
        var splitter = LineSplitter(offset: 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
        defer { buffer.deallocate() }
        var goesOn = true
        while goesOn {
            let count = gzread(stream, buffer.baseAddress, UInt32(buffer.count))
            guard count > 0 else { break }
            splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)])) { line, _ in
                if goesOn { goesOn = body(line) }
            }
        }
        guard goesOn else { return }
        try check()
        splitter.finish { line, _ in _ = body(line) }
    }

    /// Whether the end was reached, and not a fault.
    private func check() throws(ControlError) {
        var number: Int32 = Z_OK
        let text = gzerror(stream, &number)
        switch number {
        case Z_OK, Z_STREAM_END: return
        case Z_ERRNO: throw Self.unreadable(name, String(cString: strerror(errno)))
        case Z_BUF_ERROR: throw Self.unreadable(name, "it ends in the middle of its compressed data")
        default: throw Self.unreadable(name, text.map { String(cString: $0) } ?? "zlib's error \(number)")
        }
    }

    private static func unreadable(_ name: String, _ reason: String) -> ControlError {
        .failed("cannot read \"\(name)\": \(reason)")
    }
}
