import ConfigurationTree

extension PolicyLint {
    /// What makes two responses fire for the same alerts with the same command.
    private struct Trigger: Hashable {
        let command: String
        let level: Int?
        let ruleIDs: Set<String>
        let groups: GroupCondition?
        let mode: ResponseMode

        init(_ response: ActiveResponseDefinition) {
            command = response.command.name
            level = response.level
            ruleIDs = Set(response.ruleIDs)
            groups = response.groups
            mode = response.mode
        }
    }

    /// Reports responses that run the same command for the same alerts on the same machine.
    func checkOverlaps() {
        var earlier: [Trigger: [ActiveResponseDefinition]] = [:]
        for response in policy.responses where !response.disabled {
            let trigger = Trigger(response)
            for other in earlier[trigger, default: []] {
                guard let place = Self.overlap(other.location, response.location) else { continue }
                diagnostics.warning(
                    "this active response runs the command '\(trigger.command)' for the same alerts as "
                        + "'\(other.name)' at \(other.sourceLocation), \(place); remove one",
                    at: response.sourceLocation)
                break
            }
            earlier[trigger, default: []].append(response)
        }
    }

    /// In words; nil when the two may have no machine in common.
    private static func overlap(_ first: ResponseLocation, _ second: ResponseLocation) -> String? {
        switch (first, second) {
        case (.all, .all), (.local, .local), (.server, .server): "at the same location"
        case (.all, _), (_, .all): "and location all includes the other's"
        case (.definedAgent(let some), .definedAgent(let others)):
            Set(some).intersection(others).min().map { "also on agent '\($0)'" }
        default: nil
        }
    }
}
