import Glibc

/// What keeps a daemon from starting or from using its home: one sentence, with the system's reason.
package struct DaemonError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// - Parameter errno: the system's error number, whose text is appended.
    package init(_ description: String, errno: Int32) {
        self.description = "\(description): \(String(cString: strerror(errno)))"
    }
}

/// The exit status of our programs (INTERFACE.md, "Programs"; the numbers above 63 are those of sysexits.h).
package enum ExitStatus {
    package static let done: Int32 = 0
    package static let failed: Int32 = 1
    package static let usage: Int32 = 64
    package static let unreachable: Int32 = 69
    package static let configuration: Int32 = 78
}
