import ServiceLifecycle

/// Keeps a ledger that cannot be written from holding up the manager's end.
///
/// It stops before everything that waits for the ledger; what is then not committed is read and sent again after the
/// next start.
struct LedgerRelease: Service {
    let ledger: any Ledger

    func run() async throws {
        try? await gracefulShutdown()
        ledger.stopWaiting()
    }
}
