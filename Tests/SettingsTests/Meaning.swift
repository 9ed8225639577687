import Alerts
import ConfigurationTree
import Policy

/// A value's contents in words, without the places in files: what two configurations that mean the same have in common.
func meaning(of value: Any) -> String {
    if value is SourceLocation { return "" }
    let mirror = Mirror(reflecting: value)
    guard !mirror.children.isEmpty else { return "\(value)" }
    var parts = mirror.children.map { "\($0.label ?? "") \(meaning(of: $0.value))" }
    // Nobody looks at the order of these.
    let isUnordered =
        [.dictionary, .set].contains(mirror.displayStyle) || value is [NamePattern] || value is [IPNetwork]
    if isUnordered { parts.sort() }
    return "(\(parts.joined(separator: "; ")))"
}
