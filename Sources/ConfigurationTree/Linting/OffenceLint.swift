extension Diagnostics {
    /// Warns about a later offence for which a response would hold shorter than for an earlier one.
    ///
    /// - Parameter minutes: what `<repeated_offenders>` says, from the second offence on.
    package func lint(repeatedOffenders minutes: [Int], at location: SourceLocation) {
        guard let index = minutes.indices.dropFirst().first(where: { minutes[$0] < minutes[$0 - 1] }) else { return }
        warning(
            "repeated_offenders goes down from \(minutes[index - 1]) to \(minutes[index]) minutes, so that a later "
                + "offence counts less than an earlier one; put the values in order", at: location)
    }
}
