import ConfigurationTree

/// What reads bytes of strangers, with what must hold for every input.
///
/// Fuzzing (`Fuzz`) and the tests (`HostileInputTests`) use the same checks.
package enum Subject: String, CaseIterable, Sendable {
    /// A configuration in XML.
    case xml
    /// A configuration in YAML.
    case yaml
    /// A line of `alerts.json`.
    case alert
    /// A line of OSSEC's `alerts.json`.
    case ossec
    /// A file of alerts, cut into lines.
    case lines
    /// From an alert to the arguments of a script.
    case response
    /// The `check_keys` dialogue: what a script prints.
    case handshake
    /// The stream of bytes between manager and agent.
    case frames
    /// An enrollment token.
    case token
    /// The fields of a message.
    case wire
    /// An order, as the agent gets it.
    case order
    /// An event, as the manager gets it.
    case event
    /// A part of the summary of an agent's journal, as the manager gets it.
    case summary
    /// A dispatch of an agent's journal, as the manager gets it.
    case description
    /// The file of an agent's journal.
    case journal

    /// Checks everything that must hold for this input.
    ///
    /// A crash is a finding as well, and so is an input that takes longer than its size explains.
    package func check(_ bytes: [UInt8]) throws(Violation) {
        switch self {
        case .xml: try ConfigurationCheck(bytes, .xml).run()
        case .yaml: try ConfigurationCheck(bytes, .yaml).run()
        case .alert: try AlertCheck(bytes).run()
        case .ossec: try OSSECAlertCheck(bytes).run()
        case .lines: try LinesCheck(bytes).run()
        case .response: try ResponseCheck(bytes).run()
        case .handshake: try HandshakeCheck(bytes).run()
        case .frames: try FramesCheck(bytes).run()
        case .token: try TokenCheck(bytes).run()
        case .wire: try WireCheck(bytes).run()
        case .order: try OrderInputCheck(bytes).run()
        case .event: try EventCheck(bytes).run()
        case .summary: try SummaryCheck(bytes).run()
        case .description: try DescriptionCheck(bytes).run()
        case .journal: try JournalCheck(bytes).run()
        }
    }

    /// Inputs that get far, for what is no text and so has no files in `Corpus`.
    package var samples: [[UInt8]] {
        switch self {
        case .xml, .yaml, .alert, .ossec, .response, .handshake: []
        case .lines: LinesCheck.samples
        case .frames: FramesCheck.samples
        case .token: TokenCheck.samples
        case .wire, .order: OrderInputCheck.samples
        case .event: EventCheck.samples
        case .summary: SummaryCheck.samples
        case .description: DescriptionCheck.samples
        case .journal: JournalCheck.samples
        }
    }
}
