/// What a scan of one line found: offsets into the line, nothing copied.
///
/// Meaningful only together with the very bytes that were scanned.
package struct AlertFields: Sendable {
    /// The number of raw values in ``ruleSpans``.
    package static let ruleSpanCount = 9

    /// Whose keys the line has.
    let format: AlertFormat
    /// `rule.level`; 0 when the alert has none, as Wazuh leaves a level of 0 out.
    package let level: Int
    /// The raw JSON values that, with the level, decide which responses match: `rule.id`, `rule.groups` and the
    /// compliance tags.
    ///
    /// OSSEC's `rule.sidid` and `rule.group` are the id and the groups. Two alerts with the same bytes there match the
    /// same responses.
    package let ruleSpans: InlineArray<9, ByteSpan>

    /// What the rule says, decoded.
    package func ruleFacts(in line: UnsafeRawBufferPointer) -> RuleFacts {
        RuleFacts(level: level) { member in
            member == .level ? [] : Array(line[ruleSpans[member.rawValue].range])
        }
    }
}
