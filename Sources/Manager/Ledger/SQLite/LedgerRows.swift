import ActiveResponse
import Audit
import Foundation
import GRDB

// What the rows of the ledger mean, in one place for reading and writing.

extension Optional where Wrapped: DatabaseValueConvertible {
    /// The wrapped value's, or NULL.
    var value: DatabaseValue { self?.databaseValue ?? .null }
}

extension String {
    /// The text as a column can hold it: SQLite's ends at the first zero character, and what is sealed must be what is
    /// read again.
    var column: DatabaseValue {
        (utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self).databaseValue
    }
}

extension DispatchID {
    /// The column's form.
    var blob: Data { Data(bytes) }

    init(blob: Data) throws(LedgerError) {
        guard let id = DispatchID(bytes: Array(blob)) else {
            throw .unreadable("a dispatch id of \(blob.count) bytes; restore the ledger from a copy")
        }
        self = id
    }
}

extension DispatchState {
    init(column: String) throws(LedgerError) {
        guard let state = DispatchState(rawValue: column) else {
            throw .unreadable("a state \"\(column)\", which this version does not know")
        }
        self = state
    }
}

extension DispatchProgress {
    static let columns = LedgerColumns.progress.sql

    init(row: Row) throws {
        self.init(
            state: try DispatchState(column: row["state"]), deliveredAt: row["delivered"], undoDue: row["undo_due"],
            exitStatus: row["exit_status"], durationMilliseconds: row["duration_ms"],
            outputEvent: row["output_event"], undoRequestedBy: row["undo_by"], undoRetry: row["undo_retry"])
    }

    /// In the order of ``columns``.
    var values: [DatabaseValue] {
        [
            state.rawValue.databaseValue, deliveredAt.value, undoDue.value, exitStatus.value,
            durationMilliseconds.value, outputEvent.value, (undoRequestedBy?.column).value, undoRetry.value,
        ]
    }
}

extension DispatchFacts {
    static let columns = LedgerColumns.facts.sql

    init(row: Row) throws {
        self.init(
            id: try DispatchID(blob: row["id"]), command: row["command"], activeResponse: row["active_response"],
            agentID: row["agent_id"], agentName: row["agent_name"], alertID: row["alert_id"],
            ruleID: row["rule_id"], user: row["user"], sourceAddress: row["srcip"], filename: row["filename"],
            created: row["created"], expires: row["expires"], isStateful: row["stateful"])
    }

    /// In the order of ``columns``.
    var values: [DatabaseValue] {
        [
            id.blob.databaseValue, command.column, activeResponse.column, agentID.column, agentName.column,
            alertID.column, ruleID.column, (user?.column).value, (sourceAddress?.column).value,
            (filename?.column).value, created.databaseValue, expires.value, isStateful.databaseValue,
        ]
    }
}

extension DispatchRecord {
    static let columns =
        DispatchFacts.columns + ", " + DispatchProgress.columns + ", " + Hold.columns
        + ", EXISTS (SELECT 1 FROM event WHERE dispatch_id = dispatch.id AND event = 'observed') AS observed"
    static let tables = "dispatch LEFT JOIN dispatch_hold USING (seq)"

    init(row: Row) throws {
        self.init(
            facts: try DispatchFacts(row: row), progress: try DispatchProgress(row: row), isObserved: row["observed"])
        if progress.state == .held { hold = Hold(row: row) }
    }
}

extension Hold {
    static let columns = LedgerColumns.hold.sql

    /// Nil for a row without one.
    init?(row: Row) {
        guard let reason: String = row["hold_reason"] else { return nil }
        self.init(reason: reason, deadline: row["hold_deadline"], isApprovedByDefault: row["hold_approves"])
    }

    /// In the order of ``columns``.
    var values: [DatabaseValue] {
        [reason.column, deadline.databaseValue, isApprovedByDefault.databaseValue]
    }
}

extension DispatchEvent {
    static let columns = LedgerColumns.event.sql

    init(row: Row) throws {
        let state: String? = row["state"]
        let output: Data? = row["output"]
        self.init(
            dispatch: try DispatchID(blob: row["dispatch_id"]), at: row["at"], name: row["event"],
            state: try state.map { try DispatchState(column: $0) }, detail: row["detail"], undoDue: row["undo_due"],
            undoRetry: row["undo_retry"], exitStatus: row["exit_status"], durationMilliseconds: row["duration_ms"],
            output: output.map(Array.init))
    }

    /// In the order of ``columns``.
    var values: [DatabaseValue] {
        [
            dispatch.blob.databaseValue, at.databaseValue, name.column, (state?.rawValue).value,
            detail.column, undoDue.value, exitStatus.value, durationMilliseconds.value,
            output.map { Data($0) }.value, undoRetry.value,
        ]
    }
}

extension AgentRecord {
    static let columns =
        "id, name, certificate_serial, certificate_fingerprint, created, last_seen, version, ip, certificate_authority, "
        + "trusts"

    init(row: Row) {
        self.init(
            id: row["id"], name: row["name"], certificateSerial: row["certificate_serial"],
            certificateFingerprint: row["certificate_fingerprint"], created: row["created"],
            lastSeen: row["last_seen"], version: row["version"], address: row["ip"],
            certificateAuthority: row["certificate_authority"],
            trusts: (row["trusts"] as String?)?.split(separator: " ").map(String.init))
    }
}
