import ActiveResponse
import Alerts
import Daemon
import Foundation
import Hummingbird
import Policy

/// A command that somebody runs by hand, without an alert that would fire it.
///
/// Its name is written as in the configuration, as in the peers' `ar.conf` (with the timeout behind it:
/// `firewall-drop600`, reference/ossec-wazuh.md 8.1 and 8.2), or as `!FILE` for any file of `active-response/bin`.
struct HandCommand: Sendable {
    let name: String
    let executable: String
    /// What it has to be told; nothing for a file that no command names.
    let expect: ExpectedFields
    let extraArguments: [String]
    /// In seconds; what the name says, or what was asked for.
    let timeout: Int64
    let execTimeout: Int64
    let scriptProtocol: ScriptProtocol
    let containment: CommandContainment

    /// Finds what a name means.
    ///
    /// - Parameter timeout: in seconds; nil when only the name can say one.
    init(_ name: String, timeout: Int64?, commands: [CommandDefinition]) throws(ControlFailure) {
        if let timeout, timeout < 0 { throw ControlFailure(.badRequest, "a timeout cannot be negative") }
        if name.hasPrefix("!") {
            let file = String(name.dropFirst())
            guard !file.isEmpty, !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
                throw ControlFailure(
                    .badRequest, "\"\(name)\" does not name a file below active-response/bin, as \"!script\" does")
            }
            self.init(
                name: name, executable: file, expect: [], extraArguments: [], timeout: timeout ?? 0, execTimeout: 60,
                scriptProtocol: .auto)
            return
        }
        guard let (command, suffix) = Self.find(name, commands) else {
            let known = commands.map(\.name).joined(separator: ", ")
            throw ControlFailure(
                .notFound, "there is no command \"\(name)\" in the configuration; there are: \(known)")
        }
        let seconds = timeout ?? suffix
        guard seconds == 0 || command.timeoutAllowed else {
            throw ControlFailure(
                .badRequest, "(1305) the command \"\(command.name)\" has no <timeout_allowed>yes</timeout_allowed>")
        }
        self.init(
            name: command.name, executable: command.executable, expect: command.expect,
            extraArguments: command.extraArguments, timeout: seconds,
            execTimeout: command.execTimeout.components.seconds, scriptProtocol: command.scriptProtocol,
            containment: command.containment)
    }

    /// The script of a built-in action.
    ///
    /// - Parameter timeout: in seconds.
    init(_ action: HandAction, timeout: Int64) {
        self.init(
            name: action.script, executable: action.script, expect: [], extraArguments: [], timeout: timeout,
            execTimeout: 60, scriptProtocol: .auto)
    }

    private init(
        name: String, executable: String, expect: ExpectedFields, extraArguments: [String], timeout: Int64,
        execTimeout: Int64, scriptProtocol: ScriptProtocol, containment: CommandContainment = CommandContainment()
    ) {
        self.name = name
        self.executable = executable
        self.expect = expect
        self.extraArguments = extraArguments
        self.timeout = timeout
        self.execTimeout = execTimeout
        self.scriptProtocol = scriptProtocol
        self.containment = containment
    }

    /// The command of this very name, or else of the name without a timeout at its end.
    private static func find(_ name: String, _ commands: [CommandDefinition]) -> (CommandDefinition, Int64)? {
        if let command = commands.first(where: { $0.name == name }) { return (command, 0) }
        // A name may end in digits itself: the longest that exists counts.
        var stem = name[...]
        var suffix = ""
        while let last = stem.last, last.isASCII, last.isNumber {
            suffix = String(last) + suffix
            stem = stem.dropLast()
            if let command = commands.first(where: { $0.name == stem }), let seconds = Int64(suffix),
                seconds <= 100 * 365 * 86_400
            {
                return (command, seconds)
            }
        }
        return nil
    }
}

/// What a command by hand acts on.
struct HandTarget: Sendable {
    var user: String?
    var sourceAddress: IPAddress?
    var filename: String?
    var arguments: [String] = []
    /// The alert that scripts of the JSON generation get; empty for none.
    var alertJSON: [UInt8] = []
}

/// Why a command by hand is not run, with what to do.
enum HandRefusal: Error {
    /// The command expects values that were not given.
    case missing(String)
    /// The white list covers the address.
    case whiteListed(String)

    /// What is wrong, the same for all of a kind.
    var summary: String {
        switch self {
        case .missing: "The command expects a value that was not given"
        case .whiteListed: "The address is in the white list"
        }
    }

    /// The whole sentence.
    var message: String {
        switch self {
        case .missing(let message), .whiteListed(let message): message
        }
    }
}

extension HandCommand {
    /// Checks what the command is to act on, as is done for an alert.
    func check(_ target: HandTarget, whiteList: WhiteList) throws(HandRefusal) {
        let missing = [
            (ExpectedFields.sourceAddress, "srcip", target.sourceAddress == nil),
            (.user, "user", target.user == nil), (.filename, "filename", target.filename == nil),
        ].filter { expect.contains($0.0) && $0.2 }.map(\.1)
        guard missing.isEmpty else {
            let options = missing.map { "--\($0)" }.joined(separator: " and ")
            throw .missing(
                "the command \"\(name)\" expects \(missing.joined(separator: " and ")), which is not there; "
                    + "add \(options) (edr-control run), or the alert's field")
        }
        let unknown = arguments(target).unknown
        guard unknown.isEmpty else {
            throw .missing(
                "the extra_args of the command \"\(name)\" take \(unknown.joined(separator: " and ")) from an alert, "
                    + "and there is none with it; give what the script needs behind -- (edr-control run), or the alert")
        }
        if let objection = target.sourceAddress.flatMap({ whiteList.objection(to: $0.description) }) {
            throw .whiteListed("\(objection); nothing is run against it as long as that entry is in the configuration")
        }
    }

    /// The words of `extra_args` and those given by hand.
    ///
    /// A word that refers to an alert's field is taken from the alert that came along. Without one, what is given by
    /// hand stands in for such words; when nothing is, they are `unknown`.
    private func arguments(_ target: HandTarget) -> (words: [String], unknown: [String]) {
        let alert = try? JSONSerialization.jsonObject(with: Data(target.alertJSON))
        var words: [String] = []
        var unknown: [String] = []
        for word in extraArguments {
            switch ArgumentWord(word) {
            case .literal(let text): words.append(text)
            case .field(let path):
                let value = path.split(separator: ".").reduce(alert) { ($0 as? [String: Any])?[String($1)] }
                if let text = value as? String ?? (value as? NSNumber)?.stringValue {
                    words.append(text)
                } else if target.arguments.isEmpty {
                    unknown.append(word)
                }
            }
        }
        return (words + target.arguments, unknown)
    }

    /// The id of an order by hand.
    static func id(alertID: String, name: String, agent: String) -> DispatchID {
        .of(alertIdentity: Array("hand \(alertID)".utf8), activeResponse: name, agent: agent, action: "run")
    }

    /// The orders for some agents.
    ///
    /// An order by hand has no alert that could give it an identity: a random one makes each a new dispatch.
    func orders(
        _ target: HandTarget, agents: [(id: String, name: String)], managerName: String, now: Int64
    ) -> [Order] {
        let arguments = arguments(target).words
        let alertID = "\(now / 1000).\(UInt32.random(in: 0...UInt32.max))"
        return agents.map { id, agentName in
            Order(
                id: Self.id(alertID: alertID, name: name, agent: id),
                command: name, activeResponse: name, executable: executable, user: target.user,
                sourceAddress: target.sourceAddress?.description, filename: target.filename, alertID: alertID,
                ruleID: "-", agentName: agentName, agentID: id, extraArguments: arguments,
                timeout: timeout, execTimeout: execTimeout, scriptProtocol: scriptProtocol.wireValue,
                expiresAt: now + 3_600_000, alertRaisedAt: now, alertJSON: target.alertJSON, managerName: managerName,
                sparesAddress: expect.sparesAddress, containment: containment.ordered,
                targetsFile: expect.contains(.filename))
        }
    }
}
