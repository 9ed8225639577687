import ConfigurationTree

extension ResponseLimits {
    private static let options = ["runs_per_minute", "concurrent", "fleet_share"]

    /// Reads the `<limits>` of a section; of an option that is given in several of them the last one counts.
    static func read(_ reader: SectionReader) -> ResponseLimits {
        var limits = ResponseLimits()
        for node in reader.all("limits") {
            if PeerNames.isEventLimit(node) {
                reader.diagnostics.notice(
                    "\(node.label) of Wazuh, a limit on events per second, is skipped", at: node.location)
                continue
            }
            if node.children.isEmpty, node.value?.isEmpty ?? true {
                reader.diagnostics.error(
                    "\(node.label) is empty; give it \(options.joined(separator: ", ")) or remove it",
                    at: node.location)
                continue
            }
            let options = SectionReader(node, known: Self.options, diagnostics: reader.diagnostics)
            limits.runsPerMinute = options.integer("runs_per_minute", in: 1...1_000_000) ?? limits.runsPerMinute
            limits.concurrent = options.integer("concurrent", in: 1...1_000_000) ?? limits.concurrent
            limits.fleetShare = share(options) ?? limits.fleetShare
        }
        return limits
    }

    /// `10%`.
    private static func share(_ reader: SectionReader) -> Int? {
        guard let text = reader.string("fleet_share"), let node = reader.last("fleet_share") else { return nil }
        guard text.hasSuffix("%"), let percent = decimal(text.dropLast()), (1...100).contains(percent) else {
            reader.invalid(node, "expected a share of the enrolled agents from 1% to 100%, such as 10%")
            return nil
        }
        return percent
    }
}

extension ApprovalTerms {
    static let options = ["require_approval", "approval_deadline", "approval_default"]

    static func read(_ reader: SectionReader) -> ApprovalTerms {
        ApprovalTerms(
            isRequired: reader.flag("require_approval") ?? false,
            deadline: reader.duration("approval_deadline", atLeast: .seconds(1)) ?? defaultDeadline,
            byDefault: reader.choice("approval_default", of: Answer.self) ?? .deny)
    }
}
