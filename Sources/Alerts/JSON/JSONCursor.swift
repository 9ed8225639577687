/// Steps over the tokens of a JSON text (RFC 8259) and checks each in full, without looking at what it says.
///
/// Works on raw memory because it is the hot loop of the manager: every alert goes through it, and nearly all of them
/// go no further. Memory safety rests on one rule that each access below shows: no byte is read at an offset that was
/// not compared with `bytes.count` right before, and `position` never exceeds `bytes.count`. In debug builds, so also
/// in the tests, `UnsafeRawBufferPointer` checks every access as well.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The byte at the position; 0, which begins no token, at the end.
    @inline(__always)
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    @inline(__always)
    mutating func skipBlanks() {
        while position < bytes.count {
            let byte = bytes[position]
            // Nearly every byte here is a token's first: one comparison decides.
            if byte > 0x20 { return }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// What to throw when the byte at the position begins nothing that may stand there.
    @inline(never)
    func unexpected() -> AlertError {
        position < bytes.count ? problem(.unexpectedByte) : problem(.truncated)
    }

    @inline(never)
    func problem(_ problem: JSONProblem) -> AlertError {
        .notJSON(problem, offset: position)
    }
}

// MARK: Strings

extension JSONCursor {
    /// Steps over a string; the position is on its opening quote before and behind its closing quote afterwards.
    ///
    /// - Returns: whether the string holds an escape.
    @inline(__always)
    mutating func skipString() throws(AlertError) -> Bool {
        position += 1
        var hasEscape = false
        while true {
            skipPlainText()
            guard position < bytes.count else { throw problem(.truncated) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return hasEscape
            }
            if byte == UInt8(ascii: "\\") {
                hasEscape = true
                try skipEscape()
            } else if byte >= 0x80 {
                try skipMultibyteScalar()
            } else {
                throw problem(.controlCharacter)
            }
        }
    }

    /// Steps over what is neither quote, backslash, control character nor beyond ASCII: eight bytes at a time.
    @inline(__always)
    private mutating func skipPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        while bytes.count - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // Subtracting n from a byte below 0x80 sets its high bit exactly if the byte is less than n. A borrow
            // disturbs only bytes above one that is a hit itself, so the lowest hit is always right.
            let control = word &- ones &* 0x20
            let quote = (word ^ ones &* 0x22) &- ones
            let backslash = (word ^ ones &* 0x5C) &- ones
            let hits = (control | quote | backslash | word) & highBits
            if hits != 0 {
                position += hits.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte >= 0x80 { return }
            position += 1
        }
    }

    @inline(never)
    private mutating func skipEscape() throws(AlertError) {
        guard bytes.count - position >= 2 else { throw problem(.truncated) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if unit & 0xF800 == 0xD800 {
                // A high half, and right behind it a low one.
                let start = position
                position += 6
                guard unit & 0xFC00 == 0xD800, bytes.count - position >= 2, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u"), try codeUnit() & 0xFC00 == 0xDC00
                else {
                    position = start
                    throw problem(.loneSurrogate)
                }
            }
            position += 6
        default:
            throw problem(.invalidEscape)
        }
    }

    /// The value of the `\uXXXX` at the position.
    private func codeUnit() throws(AlertError) -> UInt16 {
        guard bytes.count - position >= 6 else { throw problem(.truncated) }
        var unit: UInt16 = 0
        for offset in 2..<6 {
            guard let digit = hexValue(bytes[position + offset]) else { throw problem(.invalidEscape) }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Steps over one scalar of two to four bytes, well-formed by table 3-7 of the Unicode standard: no overlong form,
    /// no surrogate, nothing above U+10FFFF.
    @inline(never)
    private mutating func skipMultibyteScalar() throws(AlertError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw problem(.invalidUTF8)
        }
        guard bytes.count - position >= length, second.contains(bytes[position + 1]) else {
            throw problem(.invalidUTF8)
        }
        for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 { throw problem(.invalidUTF8) }
        position += length
    }
}

// MARK: Numbers and words

extension JSONCursor {
    /// Steps over a number; the position is on its first byte, a digit or `-`.
    @inline(__always)
    mutating func skipNumber() throws(AlertError) {
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
    }

    /// Steps over one digit or more.
    @inline(__always)
    private mutating func skipDigits() throws(AlertError) {
        let start = position
        while current &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw position < bytes.count ? problem(.invalidNumber) : problem(.truncated) }
    }

    /// Steps over `true`, `false` or `null`; the position is on its first byte.
    @inline(__always)
    mutating func skipWord() throws(AlertError) {
        let word: StaticString =
            switch current {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        for index in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[index] else { throw unexpected() }
            position += 1
        }
    }
}
