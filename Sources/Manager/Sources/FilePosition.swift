import Glibc

/// How far a followed file has been read: kept in the ledger, in the same transaction as what the alerts
/// before it caused.
///
/// The inode finds the file again after it was renamed; the fingerprint of its first bytes tells it from a new
/// file that got the same inode number.
struct FilePosition: Equatable, Sendable, CustomStringConvertible {
    /// The bytes at the start of the file that the fingerprint covers, at most.
    static let fingerprintLength = 256

    var inode: UInt64
    var offset: Int64
    /// How many bytes the fingerprint covers.
    var headLength: Int
    /// FNV-1a over the first `headLength` bytes.
    var headHash: UInt64

    /// The text form: `inode offset headLength headHash`, or "none" for a file that was not there yet.
    var description: String {
        "\(inode) \(offset) \(headLength) \(String(headHash, radix: 16))"
    }

    /// The position of a file that did not exist when the source was first started: once there, it is read
    /// from its beginning.
    static let beforeFirstFile = FilePosition(inode: 0, offset: 0, headLength: 0, headHash: 0)

    init(inode: UInt64, offset: Int64, headLength: Int, headHash: UInt64) {
        self.inode = inode
        self.offset = offset
        self.headLength = headLength
        self.headHash = headHash
    }

    /// Reads the text form; nil when it is not one.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 4, let inode = UInt64(parts[0]), let offset = Int64(parts[1]), offset >= 0,
            let length = Int(parts[2]), (0...Self.fingerprintLength).contains(length),
            let hash = UInt64(parts[3], radix: 16)
        else { return nil }
        self.init(inode: inode, offset: offset, headLength: length, headHash: hash)
    }

    /// The position `offset` in an open file.
    init(descriptor: Int32, inode: UInt64, offset: Int64) {
        let length = Int(min(offset, Int64(Self.fingerprintLength)))
        self.init(
            inode: inode, offset: offset, headLength: length,
            headHash: Self.hash(descriptor: descriptor, length: length) ?? 0)
    }

    /// Whether an open file is the one that this position was taken in.
    func matches(descriptor: Int32, inode: UInt64, size: Int64) -> Bool {
        self.inode == inode && offset <= size
            && Self.hash(descriptor: descriptor, length: headLength) == headHash
    }

    private static func hash(descriptor: Int32, length: Int) -> UInt64? {
        var head = [UInt8](repeating: 0, count: length)
        guard length == 0 || pread(descriptor, &head, length, 0) == length else { return nil }
        return head.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
