/// Notes, while a line is scanned, where the members of ``AlertFields`` are.
///
/// The first of several with the same key is the one that counts.
struct FieldRecorder {
    private static let idSlot = RuleMember.allCases.count
    private static let nothing = -1

    private let line: UnsafeRawBufferPointer
    private let format: AlertFormat
    /// The raw values of the rule's members, then the alert's id.
    private var spans = InlineArray<11, ByteSpan>(repeating: .none)
    /// Which slots were begun, so that a second member with the same key is passed over.
    private var begun: UInt16 = 0
    private var hasRule = false
    private var isInRule = false
    /// The slot whose value is being scanned, where the value began, and at which depth it will end.
    private var slot = nothing
    private var start = 0
    private var endDepth = nothing

    @inline(__always)
    init(_ line: UnsafeRawBufferPointer, _ format: AlertFormat) {
        self.line = line
        self.format = format
    }

    /// A key was read at depth 1 (the alert's own members) or 2 (members of its members).
    @inline(__always)
    mutating func key(_ key: Range<Int>, hasEscape: Bool, depth: Int, value: JSONCursor) {
        let name = UnsafeRawBufferPointer(rebasing: line[key])
        if depth == 1 {
            // Another member of the alert has begun, so the rule is over.
            isInRule = false
            if JSONString.contents(name, equal: "rule", hasEscape: hasEscape) {
                isInRule = !hasRule && value.current == UInt8(ascii: "{")
                hasRule = true
            } else if JSONString.contents(name, equal: "id", hasEscape: hasEscape) {
                begin(Self.idSlot, at: value.position, depth: 1)
            }
        } else if isInRule, let member = member(name, hasEscape) {
            begin(member.rawValue, at: value.position, depth: 2)
        }
    }

    @inline(__always)
    private func member(_ name: UnsafeRawBufferPointer, _ hasEscape: Bool) -> RuleMember? {
        switch format {
        case .wazuh: RuleMember.named(name, hasEscape: hasEscape)
        case .ossec: RuleMember.namedByOSSEC(name, hasEscape: hasEscape)
        }
    }

    @inline(__always)
    private mutating func begin(_ slot: Int, at start: Int, depth: Int) {
        let bit = UInt16(1) << UInt16(slot)
        guard begun & bit == 0 else { return }
        begun |= bit
        self.slot = slot
        self.start = start
        endDepth = depth
    }

    /// A value ended whose container is at `depth`.
    @inline(__always)
    mutating func valueEnded(_ depth: Int, at position: Int) {
        guard depth == endDepth else { return }
        spans[slot] = ByteSpan(start, position)
        endDepth = Self.nothing
    }

    /// What was found, once the whole line has been read.
    @inline(__always)
    func fields() throws(AlertError) -> AlertFields {
        try requireText(spans[Self.idSlot], .id)
        try requireText(spans[RuleMember.id.rawValue], format == .wazuh ? .ruleID : .ruleSidid)
        var ruleSpans = InlineArray<9, ByteSpan>(repeating: .none)
        for index in ruleSpans.indices { ruleSpans[index] = spans[index] }
        return AlertFields(
            format: format, level: try level(spans[RuleMember.level.rawValue]), ruleSpans: ruleSpans)
    }

    @inline(__always)
    private func requireText(_ span: ByteSpan, _ member: AlertMember) throws(AlertError) {
        guard !span.isEmpty else { throw .missing(member) }
        switch line[Int(span.start)] {
        case UInt8(ascii: "\""): if span.count == 2 { throw .missing(member) }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
        case UInt8(ascii: "n"): throw .missing(member)
        default: throw .invalid(member)
        }
    }

    /// The level; a string of digits is accepted for writers that make a string of everything.
    @inline(__always)
    private func level(_ span: ByteSpan) throws(AlertError) -> Int {
        if span.isEmpty || line[Int(span.start)] == UInt8(ascii: "n") { return 0 }
        let quotes = line[Int(span.start)] == UInt8(ascii: "\"") ? 1 : 0
        var level = 0
        guard span.count > 2 * quotes else { throw .invalid(.ruleLevel) }
        for index in (Int(span.start) + quotes)..<(Int(span.end) - quotes) {
            let digit = line[index] &- UInt8(ascii: "0")
            guard digit < 10, level <= AlertScanner.maximumLevel else { throw .invalid(.ruleLevel) }
            level = level * 10 + Int(digit)
        }
        guard level <= AlertScanner.maximumLevel else { throw .invalid(.ruleLevel) }
        return level
    }
}
