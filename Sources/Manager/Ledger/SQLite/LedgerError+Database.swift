import GRDB
import TLS

extension LedgerError {
    /// The ledger's name for an error that came out of a database call.
    init(_ error: any Error) {
        switch error {
        case let error as LedgerError: self = error
        case is CancellationError: self = .cancelled
        case let error as DatabaseError: self.init(error)
        // The library is out of memory: the change itself is good.
        case let error as TLSError: self = .database(error.description)
        // Not SQLite's: a value that could not be turned into a row, or a row into a value.
        default: self = .unreadable(String(describing: error))
        }
    }

    private init(_ error: DatabaseError) {
        // Without the arguments: they hold text from alerts.
        let text = "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "unknown")"
        switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG:
            self = .unacceptable(text)
            return
        default: break
        }
        switch error.extendedResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE:
            // The second one is what a full disk looks like when the index of the WAL has to grow
            // (https://www.sqlite.org/rescode.html#ioerr_shmsize).
            self = .diskFull
        case .SQLITE_INTERRUPT:
            self = .cancelled
        case .SQLITE_MISUSE:
            self = .closed
        default:
            self = .database(text)
        }
    }
}
