import Testing

@testable import TLS

@Suite struct `An element of a DER sequence` {
    /// What is left when the element is taken out; nil when that is refused.
    private func removing(_ tag: UInt8, from bytes: [UInt8]) -> [UInt8]? {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { DER.remove(tag, from: $0).map(Array.init) }
    }

    /// An element with a content of so many bytes, its length in the shortest form.
    private func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<0x80: [tag, UInt8(content.count)] + content
        case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
    }

    @Test(arguments: [0, 1, 0x7F, 0x80, 0xFF, 0x100, 2000], [0, 100, 0x80, 300])
    func `is taken out wherever it stands, and the rest is a sequence`(removed: Int, kept: Int) {
        let first = element(0x02, [1])
        let last = element(0xA4, [UInt8](repeating: 7, count: kept))
        let taken = element(0xA3, [UInt8](repeating: 9, count: removed))
        let rest = element(0x30, first + last)
        #expect(removing(0xA3, from: element(0x30, first + taken + last)) == rest)
        #expect(removing(0xA3, from: element(0x30, taken + first + last)) == rest)
        #expect(removing(0xA3, from: element(0x30, first + last + taken)) == rest)
    }

    @Test(
        arguments: [
            [], [0x30], [0x30, 0], [0x30, 3, 2, 1, 0], [0x31, 2, 0xA3, 0], [0x30, 3, 0xA3, 0], [0x30, 2, 0xA3, 1],
            [0x30, 2, 0xA3, 0, 0], [0x30, 0x80, 0xA3, 0, 0, 0], [0x30, 0x83, 0, 0, 2, 0xA3, 0],
            [0x30, 3, 0xA3, 0x82, 1],
        ] as [[UInt8]])
    func `is not found in anything else`(bytes: [UInt8]) {
        #expect(removing(0xA3, from: bytes) == nil)
    }
}
