/// What the script of a command is held to: `<sha256>`, `<run_as>` and `<limits>`.
package struct CommandContainment: Sendable, Equatable {
    /// The SHA-256 that the file must have, 32 bytes; nil when it may be any.
    package var sha256: [UInt8]?
    /// The user that the script runs as; nil for the daemon's own, which is root.
    package var runAs: String?
    /// The most memory in bytes; nil for no limit.
    package var memory: UInt64?
    /// The largest file that the script may write, in bytes; nil for no limit.
    package var fileSize: UInt64?
    /// The most processes; nil for no limit.
    package var processes: Int?

    package init(
        sha256: [UInt8]? = nil, runAs: String? = nil, memory: UInt64? = nil, fileSize: UInt64? = nil,
        processes: Int? = nil
    ) {
        self.sha256 = sha256
        self.runAs = runAs
        self.memory = memory
        self.fileSize = fileSize
        self.processes = processes
    }
}
