/// The members of an alert's `rule` object that decide which responses match.
enum RuleMember: Int, CaseIterable, Sendable {
    case id, groups
    // Wazuh moves the tags with these prefixes out of the rule's groups (analysisd's json_extended.c).
    case pciDSS, gdpr, gpg13, hipaa, nist80053, tsc, cis
    case level

    /// The members that hold compliance tags, in the order in which Wazuh writes them.
    static let tags: [RuleMember] = [.pciDSS, .gdpr, .gpg13, .hipaa, .nist80053, .tsc, .cis]

    var name: StaticString {
        switch self {
        case .id: "id"
        case .level: "level"
        case .groups: "groups"
        case .pciDSS: "pci_dss"
        case .gdpr: "gdpr"
        case .gpg13: "gpg13"
        case .hipaa: "hipaa"
        case .nist80053: "nist_800_53"
        case .tsc: "tsc"
        case .cis: "cis"
        }
    }

    /// The member with this key, as it stands between its quotes.
    @inline(__always)
    static func named(_ key: UnsafeRawBufferPointer, hasEscape: Bool) -> RuleMember? {
        if hasEscape { return allCases.first { JSONString.contents(key, equal: $0.name) } }
        // By length first: most keys are settled by it.
        switch key.count {
        case 2: return id.matching(key)
        case 3: return tsc.matching(key) ?? cis.matching(key)
        case 4: return gdpr.matching(key)
        case 5: return level.matching(key) ?? gpg13.matching(key) ?? hipaa.matching(key)
        case 6: return groups.matching(key)
        case 7: return pciDSS.matching(key)
        case 11: return nist80053.matching(key)
        default: return nil
        }
    }

    /// The member that OSSEC has under this key, as it stands between its quotes; compliance tags are among its groups.
    @inline(__always)
    static func namedByOSSEC(_ key: UnsafeRawBufferPointer, hasEscape: Bool) -> RuleMember? {
        if JSONString.contents(key, equal: "level", hasEscape: hasEscape) { return .level }
        if JSONString.contents(key, equal: "sidid", hasEscape: hasEscape) { return .id }
        if JSONString.contents(key, equal: "group", hasEscape: hasEscape) { return .groups }
        return nil
    }

    @inline(__always)
    private func matching(_ key: UnsafeRawBufferPointer) -> RuleMember? {
        key.elementsEqualSameLength(name) ? self : nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are those of `text`, which must have the same length.
    @inline(__always)
    func elementsEqualSameLength(_ text: StaticString) -> Bool {
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
