import Glibc

/// What keeps the response executor from its work: one sentence, with the system's reason.
package struct ResponseError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// - Parameter errno: the system's error number, whose text is appended.
    init(_ description: String, errno: Int32) {
        self.description = "\(description): \(String(cString: strerror(errno)))"
    }
}
