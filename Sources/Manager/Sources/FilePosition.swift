import Glibc

/// How far a followed file has been read: kept in the ledger, in the same transaction as what the alerts
/// before it caused.
///
/// The inode finds the file again after it was renamed; the fingerprint of the bytes before the offset tells it from a
/// new file that got the same inode number, and from one that was cut and filled anew.
struct FilePosition: Equatable, Sendable, CustomStringConvertible {
    /// The bytes before the offset that the fingerprint covers, at most.
    static let fingerprintLength = 256

    var inode: UInt64
    var offset: Int64
    /// How many bytes the fingerprint covers.
    var tailLength: Int
    /// FNV-1a over the last `tailLength` bytes before the offset.
    var tailHash: UInt64

    /// The text form: `inode offset tailLength tailHash`.
    var description: String {
        "\(inode) \(offset) \(tailLength) \(String(tailHash, radix: 16))"
    }

    /// The position of a file that did not exist when the source was first started: once there, it is read
    /// from its beginning.
    static let beforeFirstFile = FilePosition(inode: 0, offset: 0, tail: [])

    /// - Parameter tail: the bytes before the offset, as they were read.
    init(inode: UInt64, offset: Int64, tail: [UInt8]) {
        self.inode = inode
        self.offset = offset
        self.tailLength = tail.count
        self.tailHash = Self.hash(tail)
    }

    /// Reads the text form; nil when it is not one.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 4, let inode = UInt64(parts[0]), let offset = Int64(parts[1]), offset >= 0,
            let length = Int(parts[2]), (0...Self.fingerprintLength).contains(length),
            let hash = UInt64(parts[3], radix: 16)
        else { return nil }
        self.inode = inode
        self.offset = offset
        self.tailLength = length
        self.tailHash = hash
    }

    /// Whether an open file is the one that this position was taken in.
    func matches(descriptor: Int32, inode: UInt64, size: Int64) -> Bool {
        guard self.inode == inode, offset <= size,
            let tail = Self.tail(descriptor: descriptor, offset: offset, length: tailLength)
        else { return false }
        return Self.hash(tail) == tailHash
    }

    /// The bytes before an offset of an open file; nil when they are not there.
    static func tail(descriptor: Int32, offset: Int64, length: Int = fingerprintLength) -> [UInt8]? {
        let length = Int(min(offset, Int64(length)))
        var tail = [UInt8](repeating: 0, count: length)
        guard length == 0 || pread(descriptor, &tail, length, off_t(offset) - length) == length else { return nil }
        return tail
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
