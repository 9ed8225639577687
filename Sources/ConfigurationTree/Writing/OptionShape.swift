/// How the readers take an option's value and its repetitions, so that it can be written anew with the same meaning.
///
/// An option that is not named here is a plain text of which the last one counts. A new option of another shape
/// belongs here; converting a file that uses it fails until then, and never changes its meaning.
enum OptionShape {
    case text
    /// `yes` or `no`; the last one counts.
    case flag
    /// One "yes" counts, wherever it stands.
    case stickyFlag
    /// A text that means nothing when it is empty.
    case optionalText
    /// Words between commas or blanks; the last list counts.
    case words
    /// Words between commas or blanks; several lists add up.
    case addedWords
    /// The same, where the peers want one element for each.
    case entries
    /// Words between blanks, each of which may contain anything when written as a list; the last list counts.
    case arguments
    /// A pattern, or group names between commas; the last one counts.
    case groups

    init(section: String, option: String) {
        switch (section, option) {
        case ("global", "white_list"), ("global", "allow_list"), ("client", "server-ip"), ("client", "server-hostname"),
            ("active-response", "white_list"), ("active-response", "allow_list"):
            self = .entries
        case ("client", "disable-active-response"), ("command", "timeout_allowed"),
            ("active-response", "require_approval"):
            self = .flag
        // One flag for each kind of address.
        case ("never_block", _): self = .flag
        case ("command", "expect"): self = .words
        case ("command", "extra_args"): self = .arguments
        case ("active-response", "agent_id"): self = .addedWords
        case ("active-response", "rules_id"), ("active-response", "repeated_offenders"): self = .words
        case ("active-response", "rules_group"): self = .groups
        case ("active-response", "disabled"): self = .stickyFlag
        case ("active-response", "level"): self = .optionalText
        default: self = .text
        }
    }

    /// Sections that say one thing together: options of a later one add to those of an earlier one or replace them.
    static let mergedSections: Set<String> = ["api", "client", "global", "limits", "logging", "manager", "remote"]
    /// Sections that are written as a list in YAML even when there is only one.
    static let listedSections: Set<String> = ["active-response", "alert_source", "command"]
}
