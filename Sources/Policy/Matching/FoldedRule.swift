import Alerts

/// A rule's id, level and groups in the form in which they are compared.
struct FoldedRule {
    /// In decimal without leading zeros when it is a number.
    let id: String
    let level: Int
    /// The group string in ASCII lower case.
    let groupText: [UInt8]
    /// The groups and compliance tags in ASCII lower case.
    let groupNames: [[UInt8]]

    init(_ facts: RuleFacts) {
        let isNumber = facts.id.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let significant = facts.id.drop { $0 == "0" }
        id = isNumber && !significant.isEmpty ? String(significant) : facts.id
        level = facts.level
        groupText = facts.groupText.utf8.map(asciiLowercased)
        groupNames = (facts.groups + facts.tags).map { $0.utf8.map(asciiLowercased) }
    }
}
