extension SectionReader {
    /// What an option that holds a flag for each value leaves on: all of them but those with "no".
    ///
    /// - Returns: nil when the option is absent.
    package func enabled<Value: RawRepresentable & CaseIterable & Hashable>(
        _ name: String, of values: Value.Type
    ) -> Set<Value>? where Value.RawValue == String {
        guard let node = last(name) else { return nil }
        let flags = SectionReader(node, known: Value.allCases.map(\.rawValue), diagnostics: diagnostics)
        return Set(Value.allCases.filter { flags.flag($0.rawValue) ?? true })
    }
}
