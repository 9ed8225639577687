/// What keeps the ledger from doing what it was asked.
package enum LedgerError: Error, Equatable, CustomStringConvertible {
    /// The file system is full. Nothing of the call was kept; it can be made again once there is room.
    case diskFull
    /// Another process, or this one, has the ledger open.
    case inUse(path: String)
    case cannotOpen(path: String, reason: String)
    /// A newer version of the program wrote the file.
    case tooNew(path: String)
    /// It is done, and cannot be noted yet for this reason; it will be.
    case delayed(reason: String)
    /// A part is done; what came since the ledger cannot be written is not known to it, and was left out.
    case partly(done: String, reason: String)
    /// It is not done before it is noted, and cannot be noted yet for this reason.
    case waits(reason: String)
    /// It cannot be written now, and what waits for that already is enough: this was not taken.
    case heldUp(reason: String)
    /// ``Ledger/close()`` was called.
    case closed
    /// The task that asked was cancelled.
    case cancelled
    /// What was to be written can never be kept as it is: it breaks a rule of the tables, or is too large.
    case unacceptable(String)
    /// What stands in the file means nothing to this version.
    case unreadable(String)
    /// SQLite's own words for anything else.
    case database(String)

    case tokenUnknown
    case tokenExpired
    case tokenUsedUp
    case nameTaken(name: String, id: String)
    case invalidName(String)
    case invalidAgentID(String)
    case certificateNotIssued(String)
    case apiTokenExists(String)

    /// Whether the very same change would fail for ever, while others succeed.
    ///
    /// Every other error is one of the ledger's surroundings, and the change can be tried again.
    var isOfChange: Bool {
        switch self {
        case .unacceptable, .unreadable: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .diskFull:
            "the disk is full; make room where the ledger lies"
        case .inUse(let path):
            "the ledger \"\(path)\" is in use by another manager; stop that one or choose another home"
        case .cannotOpen(let path, let reason):
            "cannot open the ledger \"\(path)\": \(reason)"
        case .tooNew(let path):
            "the ledger \"\(path)\" was written by a newer version of edr-manager; install that version again"
        case .delayed(let reason):
            "it is done, but the ledger cannot be written now, and has it as soon as it can be (\(reason)); do not repeat "
                + "it"
        case .partly(let done, let reason):
            "\(done), but the ledger cannot be written now (\(reason)), and what ran since is not among them; repeat this "
                + "when there is no problem in edr-control status any more"
        case .waits(let reason):
            "it is not done yet, because the ledger cannot be written now (\(reason)); it is as soon as that can be, unless "
                + "the manager ends before"
        case .heldUp(let reason):
            "nothing of it was taken, because the ledger cannot be written now (\(reason)); send it again later"
        case .closed:
            "the ledger is closed"
        case .cancelled:
            "the question to the ledger was cancelled"
        case .unacceptable(let reason):
            "the ledger cannot keep this: \(reason)"
        case .unreadable(let reason):
            "the ledger holds \(reason)"
        case .database(let reason):
            "the ledger failed: \(reason)"
        case .tokenUnknown:
            "the enrollment token is not known here; make one with \"edr-control enroll token\""
        case .tokenExpired:
            "the enrollment token has expired; make a new one with \"edr-control enroll token\""
        case .tokenUsedUp:
            "the enrollment token is used up; make a new one with \"edr-control enroll token\""
        case .nameTaken(let name, let id):
            "the name \"\(name)\" belongs to agent \(id); choose another with --name, or replace that agent with a "
                + "token from \"edr-control enroll token --id \(id)\""
        case .invalidName(let name):
            "\"\(name)\" is no agent name; use 1 to 128 letters, digits, \".\", \"-\" and \"_\""
        case .invalidAgentID(let id):
            "\"\(id)\" is no agent id; use three digits or more, 001 and up"
        case .certificateNotIssued(let reason):
            "no certificate could be made: \(reason)"
        case .apiTokenExists(let name):
            "there is an API token \"\(name)\" already; choose another name, or revoke it with \"edr-control api-token "
                + "revoke \(name)\""
        }
    }
}
