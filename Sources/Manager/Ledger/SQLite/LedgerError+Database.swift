import GRDB

extension LedgerError {
    /// The ledger's name for an error that came out of a database call.
    init(_ error: any Error) {
        switch error {
        case let error as LedgerError: self = error
        case is CancellationError: self = .cancelled
        case let error as DatabaseError: self.init(error)
        default: self = .database(String(describing: error))
        }
    }

    private init(_ error: DatabaseError) {
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
            // Without the arguments: they hold text from alerts.
            self = .database("SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "unknown")")
        }
    }
}
