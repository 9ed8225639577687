import Glibc
import NIOCore
import NIOPosix

/// Why a manager could not be reached, in words for an administrator.
enum ConnectionProblem {
    /// One clause, such as `connection refused`.
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: text(ofAttempts: error)
        case let error as IOError: text(ofErrno: error.errnoCode)
        case ChannelError.connectTimeout:
            "the connection timed out; is the address right, and the port open in firewalls?"
        default: "\(error)"
        }
    }

    /// A name can mean several addresses, of which most fail for the same reason.
    private static func text(ofAttempts error: NIOConnectionError) -> String {
        var reasons: [String] = []
        for reason in error.connectionErrors.map({ text($0.error) }) where !reasons.contains(reason) {
            reasons.append(reason)
        }
        return reasons.isEmpty ? "no address is found for the name \"\(error.host)\"" : reasons.joined(separator: "; ")
    }

    private static func text(ofErrno code: CInt) -> String {
        let reason = String(cString: strerror(code)).lowercased()
        return code == ECONNREFUSED ? "\(reason); is edr-manager running there, on this port?" : reason
    }
}
