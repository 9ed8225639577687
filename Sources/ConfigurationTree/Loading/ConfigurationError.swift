import Glibc

/// Why a configuration file could not be read at all.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// - Parameter errno: the system's error number, whose text is appended.
    init(_ description: String, errno: Int32) {
        self.description = "\(description): \(String(cString: strerror(errno)))"
    }
}
