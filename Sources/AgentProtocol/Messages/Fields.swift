import Wire

/// The fields of one message, by number.
///
/// Of a repeated field the last one counts, as in Protocol Buffers; fields of later versions are there and never
/// asked for.
struct Fields {
    private let all: [FieldReader.Field]

    init(_ body: [UInt8]) throws(WireError) {
        var reader = FieldReader(body)
        var all: [FieldReader.Field] = []
        while let field = try reader.next() { all.append(field) }
        self.all = all
    }

    /// An unsigned integer, zero when it is missing: the writer leaves zero out.
    func unsigned(_ number: Int) throws(WireError) -> UInt64 {
        try last(number)?.unsigned() ?? 0
    }

    /// A signed integer, zero when it is missing.
    func signed(_ number: Int) throws(WireError) -> Int64 {
        try last(number)?.signed() ?? 0
    }

    /// Bytes that must be there.
    func bytes(_ number: Int) throws(WireError) -> [UInt8] {
        guard let field = last(number) else { throw .missing(field: number) }
        return try field.bytes()
    }

    /// All values of a field that may be repeated.
    func allBytes(_ number: Int) throws(WireError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for field in all where field.number == number { values.append(try field.bytes()) }
        return values
    }

    /// A text that must be there unless there is a default for it.
    func text(_ number: Int, default absent: String? = nil) throws(WireError) -> String {
        if let field = last(number) { return try field.text() }
        guard let absent else { throw .missing(field: number) }
        return absent
    }

    private func last(_ number: Int) -> FieldReader.Field? {
        all.last { $0.number == number }
    }
}
