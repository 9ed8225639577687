import ConfigurationTree

extension CommandContainment {
    static let options = ["sha256", "run_as", "limits"]
    private static let limitOptions = ["memory", "file_size", "processes"]
    /// The least memory that a shell starts in, with room to spare.
    private static let leastMemory: UInt64 = 16 << 20

    /// Reads what a `<command>` holds its script to.
    static func read(_ reader: SectionReader) -> CommandContainment {
        var containment = CommandContainment(sha256: sum(reader), runAs: user(reader))
        for node in reader.all("limits") {
            if node.children.isEmpty, node.value?.isEmpty ?? true {
                reader.diagnostics.error(
                    "\(node.label) is empty; give it \(limitOptions.joined(separator: ", ")) or remove it",
                    at: node.location)
                continue
            }
            let limits = SectionReader(node, known: limitOptions, diagnostics: reader.diagnostics)
            containment.memory = limits.size("memory", atLeast: leastMemory) ?? containment.memory
            containment.fileSize = limits.size("file_size", atLeast: 1) ?? containment.fileSize
            containment.processes = limits.integer("processes", in: 1...1_000_000) ?? containment.processes
        }
        return containment
    }

    private static func sum(_ reader: SectionReader) -> [UInt8]? {
        guard let text = reader.nonEmpty("sha256"), let node = reader.last("sha256") else { return nil }
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else {
            reader.invalid(node, "expected 64 hexadecimal digits, as sha256sum prints them")
            return nil
        }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func user(_ reader: SectionReader) -> String? {
        guard let name = reader.nonEmpty("run_as"), let node = reader.last("run_as") else { return nil }
        let isName =
            name.utf8.count <= 256 && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "@"), UInt8(ascii: "$"):
                    true
                default: false
                }
            } && !name.contains("..") && !name.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isName else {
            reader.invalid(node, "expected the name of a user, such as nobody, and no number")
            return nil
        }
        return name == "root" ? nil : name
    }
}
