import Testing
import Wire

@Suite struct `Wire format` {
    @Test func `integers, text and bytes come back as they were written`() throws {
        var writer = FieldWriter()
        writer.write(UInt64.max, field: 1)
        writer.write(Int64.min, field: 2)
        writer.write(Int64(-1), field: 3)
        writer.write("héllo", field: 4)
        writer.write([0, 255, 1], field: 5)
        var reader = FieldReader(writer.bytes)
        #expect(try reader.next()?.unsigned() == UInt64.max)
        #expect(try reader.next()?.signed() == Int64.min)
        #expect(try reader.next()?.signed() == -1)
        #expect(try reader.next()?.text() == "héllo")
        #expect(try reader.next()?.bytes() == [0, 255, 1])
        #expect(try reader.next() == nil)
    }

    @Test func `the encoding is the one of Protocol Buffers`() {
        // protobuf.dev, "Encoding": field 1 = 150 is 08 96 01, field 2 = "testing" is 12 07 74...
        var writer = FieldWriter()
        writer.write(UInt64(150), field: 1)
        writer.write("testing", field: 2)
        #expect(writer.bytes == [0x08, 0x96, 0x01, 0x12, 0x07] + Array("testing".utf8))
    }

    @Test func `zero and absent values are left out, empty text is kept`() throws {
        var writer = FieldWriter()
        writer.write(UInt64(0), field: 1)
        writer.write(nil as String?, field: 2)
        writer.write("", field: 3)
        var reader = FieldReader(writer.bytes)
        let field = try #require(try reader.next())
        #expect(field.number == 3)
        #expect(try field.text() == "")
    }

    @Test func `fixed-size fields of later versions are skipped`() throws {
        var reader = FieldReader([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x18, 7])
        let field = try #require(try reader.next())
        #expect(field.number == 3)
        #expect(try field.unsigned() == 7)
    }

    @Test(arguments: [
        ([0x08], WireError.truncated),
        ([0x12, 0x05, 0x61], .truncated),
        ([0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated),
        ([0x00, 0x01], .malformed),
        ([0x0B], .malformed),
        ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .malformed),
        ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .malformed),
    ])
    func `damaged messages are errors`(bytes: [UInt8], error: WireError) {
        var reader = FieldReader(bytes)
        #expect(throws: error) { try reader.next() }
    }

    @Test func `text that is not UTF-8 and fields of another type are errors`() throws {
        var reader = FieldReader([0x0A, 0x01, 0xFF, 0x10, 0x01])
        let text = try #require(try reader.next())
        #expect(throws: WireError.invalidText(field: 1)) { try text.text() }
        #expect(throws: WireError.unexpectedType(field: 1)) { try text.unsigned() }
        let number = try #require(try reader.next())
        #expect(throws: WireError.unexpectedType(field: 2)) { try number.bytes() }
    }

    @Test func `no random bytes crash the reader`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var reader = FieldReader(bytes)
            while let field = try? reader.next() {
                _ = try? field.text()
                _ = try? field.signed()
            }
        }
    }
}
