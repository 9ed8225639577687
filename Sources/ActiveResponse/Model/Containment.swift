import Wire

/// What a script is held to beyond its time and output: which file it is, who it runs as, what it may use.
package struct Containment: Sendable, Equatable {
    /// The SHA-256 that the file must have, 32 bytes; nil when it may be any.
    package var sha256: [UInt8]?
    /// The user that the script runs as; nil for the daemon's own.
    package var runAs: String?
    /// The most memory in bytes; 0 for no limit.
    package var memory: UInt64
    /// The largest file that the script may write, in bytes; 0 for no limit.
    package var fileSize: UInt64
    /// The most processes; 0 for no limit.
    package var processes: UInt64

    package init(
        sha256: [UInt8]? = nil, runAs: String? = nil, memory: UInt64 = 0, fileSize: UInt64 = 0, processes: UInt64 = 0
    ) {
        self.sha256 = sha256
        self.runAs = runAs
        self.memory = memory
        self.fileSize = fileSize
        self.processes = processes
    }

    /// Whether the script is held to nothing.
    package var isEmpty: Bool { self == Containment() }
}

extension Containment {
    private enum Field {
        static let sha256 = 1
        static let runAs = 2
        static let memory = 3
        static let fileSize = 4
        static let processes = 5
    }

    func encoded() -> [UInt8] {
        var writer = FieldWriter(reserving: 96)
        if let sha256 { writer.write(sha256, field: Field.sha256) }
        writer.write(runAs, field: Field.runAs)
        writer.write(memory, field: Field.memory)
        writer.write(fileSize, field: Field.fileSize)
        writer.write(processes, field: Field.processes)
        return writer.bytes
    }

    init(encoded bytes: [UInt8]) throws(WireError) {
        self.init()
        var reader = FieldReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Field.sha256: sha256 = try field.bytes()
            case Field.runAs: runAs = try field.text()
            case Field.memory: memory = try field.unsigned()
            case Field.fileSize: fileSize = try field.unsigned()
            case Field.processes: processes = try field.unsigned()
            default: break
            }
        }
    }
}
