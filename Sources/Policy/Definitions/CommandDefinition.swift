package import ConfigurationTree

/// A `<command>`: a name for an executable, and how it wants to be run.
package struct CommandDefinition: Sendable, Equatable {
    package static let defaultExecTimeout = Duration.seconds(60)

    package let name: String
    /// The path of the script below `active-response/bin`: relative, and without `..`.
    package let executable: String
    /// The values that the alert must have for the command to make sense.
    package let expect: ExpectedFields
    /// The command knows `delete`, so that a response may have a timeout.
    package let timeoutAllowed: Bool
    /// One word each; a word such as `$data.win.system.computer` refers to a field of the alert.
    package let extraArguments: [String]
    package let scriptProtocol: ScriptProtocol
    /// How long one run may take; at least one second.
    package let execTimeout: Duration
    package let containment: CommandContainment
    package let location: SourceLocation

    package init(
        name: String, executable: String, expect: ExpectedFields = [], timeoutAllowed: Bool = false,
        extraArguments: [String] = [], scriptProtocol: ScriptProtocol = .auto,
        execTimeout: Duration = Self.defaultExecTimeout, containment: CommandContainment = CommandContainment(),
        location: SourceLocation
    ) {
        self.name = name
        self.executable = executable
        self.expect = expect
        self.timeoutAllowed = timeoutAllowed
        self.extraArguments = extraArguments
        self.scriptProtocol = scriptProtocol
        self.execTimeout = execTimeout
        self.containment = containment
        self.location = location
    }
}

/// How arguments reach the script (INTERFACE.md, "Script contract").
package enum ScriptProtocol: String, Sendable, CaseIterable {
    /// Both: arguments, and JSON on the standard input for scripts that read it.
    case auto
    /// Arguments only, as with OSSEC and Wazuh before 4.2.
    case positional
    /// JSON only, as with Wazuh 4.2 and later.
    case json
}

/// The alert's values that a command cannot do without.
package struct ExpectedFields: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let user = ExpectedFields(rawValue: 1)
    package static let sourceAddress = ExpectedFields(rawValue: 2)
    package static let filename = ExpectedFields(rawValue: 4)
}
