/// Why a message could not be read.
package enum WireError: Error, Equatable, CustomStringConvertible {
    /// The bytes end in the middle of a field.
    case truncated
    /// A varint is longer than ten bytes, or a field number is zero or too large.
    case malformed
    /// A field has another wire type than the message's definition gives it.
    case unexpectedType(field: Int)
    /// A text field is not valid UTF-8.
    case invalidText(field: Int)
    /// A field that the message cannot do without is missing.
    case missing(field: Int)

    package var description: String {
        switch self {
        case .truncated: "the message ends in the middle of a field"
        case .malformed: "the message is malformed"
        case .unexpectedType(let field): "field \(field) has an unexpected type"
        case .invalidText(let field): "field \(field) is not valid UTF-8"
        case .missing(let field): "field \(field) is missing"
        }
    }
}

/// Reads a message written by ``FieldWriter``, or by any Protocol Buffers implementation, field by field.
///
/// Every length is checked against what is there before a byte is copied, so that hostile input can neither
/// read out of bounds nor make the reader allocate more than the message's own size.
package struct FieldReader: Sendable {
    /// One field of the message.
    package struct Field: Sendable {
        package let number: Int
        package let value: Value

        /// The field as an unsigned integer; throws when it is not a varint.
        package func unsigned() throws(WireError) -> UInt64 {
            guard case .varint(let value) = value else { throw .unexpectedType(field: number) }
            return value
        }

        /// The field as a zigzag-coded signed integer; throws when it is not a varint.
        package func signed() throws(WireError) -> Int64 {
            let raw = try unsigned()
            return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
        }

        /// The field as a time in unix milliseconds; throws when it is not a varint.
        ///
        /// One that no clock shows comes as the nearest that one can (see ``Swift/Int64/nearestTime``).
        package func time() throws(WireError) -> Int64 {
            try signed().nearestTime
        }

        /// The field as raw bytes; throws when it is not length-delimited.
        package func bytes() throws(WireError) -> [UInt8] {
            guard case .bytes(let value) = value else { throw .unexpectedType(field: number) }
            return Array(value)
        }

        /// The field as text; throws when it is not length-delimited or not valid UTF-8.
        package func text() throws(WireError) -> String {
            guard case .bytes(let value) = value else { throw .unexpectedType(field: number) }
            guard let text = String(validating: value, as: UTF8.self) else { throw .invalidText(field: number) }
            return text
        }
    }

    /// A field's value, by its wire type.
    ///
    /// Fixed 32- and 64-bit fields are skipped by ``next()``.
    package enum Value: Sendable {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.position = bytes.startIndex
    }

    /// Returns the next field, or nil at the end of the message.
    package mutating func next() throws(WireError) -> Field? {
        while position < bytes.endIndex {
            let tag = try varint()
            let number = tag >> 3
            guard number > 0, number <= 0x1FFF_FFFF else { throw .malformed }
            switch tag & 7 {
            case 0: return Field(number: Int(number), value: .varint(try varint()))
            case 2: return Field(number: Int(number), value: .bytes(try take(try varint())))
            case 1: _ = try take(8)
            case 5: _ = try take(4)
            default: throw .malformed
            }
        }
        return nil
    }

    private mutating func take(_ count: UInt64) throws(WireError) -> ArraySlice<UInt8> {
        guard count <= UInt64(bytes.endIndex - position) else { throw .truncated }
        let end = position + Int(count)
        defer { position = end }
        return bytes[position..<end]
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard position < bytes.endIndex else { throw .truncated }
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { throw .malformed }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw .malformed
    }
}

extension Int64 {
    /// The number as unix milliseconds of the years 1970 to 9999.
    ///
    /// Whatever comes from elsewhere can then be reckoned with. Never zero, which is not written.
    package var nearestTime: Int64 { Swift.min(Swift.max(self, 1), 253_402_300_799_999) }
}
