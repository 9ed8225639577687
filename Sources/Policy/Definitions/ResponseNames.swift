import ConfigurationTree

/// Gives every response a name of its own, which stays the same as long as the configuration does: dispatch ids are
/// made from it.
struct ResponseNames {
    private var taken: Set<String> = []

    /// Reserves the names that the configuration gives; one given twice is an error.
    init(given blocks: [ActiveResponseBlock], _ diagnostics: Diagnostics) {
        var first: [String: SourceLocation] = [:]
        for block in blocks {
            guard let name = block.givenName else { continue }
            if let place = first[name] {
                diagnostics.error(
                    "the name \(quoted(name)) belongs to another active response already, at \(place); give each its "
                        + "own", at: block.nameLocation)
            } else {
                first[name] = block.nameLocation
            }
        }
        taken = Set(first.keys)
    }

    /// The given name, else the command's name, with `#2`, `#3` … when that is taken.
    mutating func name(for block: ActiveResponseBlock) -> String {
        if let given = block.givenName { return given }
        let base = block.command ?? "unnamed"
        var name = base
        var number = 1
        while !taken.insert(name).inserted {
            number += 1
            name = "\(base)#\(number)"
        }
        return name
    }
}
