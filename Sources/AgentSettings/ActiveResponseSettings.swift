import Alerts
import ConfigurationTree

/// What the `<active-response>` blocks of an agent's file say.
///
/// As with the peers, of several blocks the first one that gives an option counts.
struct ActiveResponseSettings {
    static let options = [
        "disabled", "repeated_offenders", "repeated_offenders_quiet", "on_stop", "never_block", "confirm",
        "max_isolation",
    ]
    /// The options of a manager's block, which says when a command runs: the file of a machine on which OSSEC is both
    /// manager and agent has such blocks too.
    static let managerOptions = [
        "command", "location", "agent_id", "level", "rules_id", "rules_group", "timeout", "name", "mode", "expires",
        "priority", "white_list", "allow_list", "limits", "require_approval", "approval_deadline", "approval_default",
    ]

    var isDisabled: Bool?
    var repeatedOffenders: [Int]?
    var quietTime: Duration?
    var onStop: OnStop?
    var neverBlock: Set<VitalAddressKind>?
    var confirm: Duration?
    var maximumIsolation: Duration?
    private var place: [String: SourceLocation] = [:]

    mutating func read(_ section: ConfigNode, _ diagnostics: Diagnostics) {
        let isManagers = section.children.contains { $0.name == "command" || $0.name == "location" }
        let reader = SectionReader(
            section, known: Self.options + (isManagers ? Self.managerOptions : []),
            peers: PeerNames.activeResponseOptions, diagnostics: diagnostics)
        if isManagers {
            diagnostics.notice(
                "this \(section.label) is a manager's: it has a command or a location and means nothing to an agent",
                at: section.location)
        }
        // A manager's block is disabled for itself alone; its list holds for the machine, as with Wazuh.
        if !isManagers, let flag = reader.stickyFlag("disabled"), isFirst("disabled", reader) { isDisabled = flag }
        if let choice = reader.choice("on_stop", of: OnStop.self), isFirst("on_stop", reader) { onStop = choice }
        if let minutes = reader.minutes("repeated_offenders"), isFirst("repeated_offenders", reader) {
            repeatedOffenders = minutes
        }
        guard !isManagers else { return }
        if let time = reader.duration("repeated_offenders_quiet", atLeast: .seconds(1)),
            isFirst("repeated_offenders_quiet", reader)
        {
            quietTime = time
        }
        if let kinds = reader.enabled("never_block", of: VitalAddressKind.self), isFirst("never_block", reader) {
            neverBlock = kinds
        }
        if let seconds = reader.duration("confirm", atLeast: .seconds(1)), isFirst("confirm", reader) {
            confirm = seconds
        }
        if let seconds = reader.duration("max_isolation", atLeast: .seconds(1)), isFirst("max_isolation", reader) {
            maximumIsolation = seconds
        }
    }

    private mutating func isFirst(_ option: String, _ reader: SectionReader) -> Bool {
        guard let node = reader.last(option) else { return false }
        if let first = place[option] {
            reader.diagnostics.warning(
                "\(node.label) is given already at \(first), which counts; remove one", at: node.location)
            return false
        }
        place[option] = node.location
        return true
    }
}
