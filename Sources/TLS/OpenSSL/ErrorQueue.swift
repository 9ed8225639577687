import COpenSSL

/// OpenSSL's queue of errors, which belongs to the calling thread.
enum ErrorQueue {
    /// Empties the queue.
    ///
    /// An error left behind by an earlier call would be taken for the next call's own: `SSL_get_error` looks at the
    /// queue, not only at the return value it is given.
    static func clear() {
        ERR_clear_error()
    }

    /// The reason of the first error since the last ``clear()``; the later ones are its consequences.
    static func takeReason() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "unknown reason" }
        guard let text = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: text)
    }

    /// The error for a library call that failed although nothing was wrong with its input.
    static func failure(of operation: String) -> TLSError {
        .library(operation: operation, reason: takeReason())
    }

    /// Passes `result` on, or throws when the library gave none.
    static func check<Value>(_ result: Value?, _ operation: String) throws(TLSError) -> Value {
        guard let result else { throw failure(of: operation) }
        return result
    }

    /// Throws when the library returned something other than a positive number.
    static func check(_ result: Int32, _ operation: String) throws(TLSError) {
        guard result > 0 else { throw failure(of: operation) }
    }
}
