import ConfigurationTree

extension WhiteList {
    /// Adds the entries of `<white_list>` and `<allow_list>`; those that are none are reported.
    static func read(_ reader: SectionReader, into whiteList: inout WhiteList) {
        for (word, node) in reader.words("white_list") + reader.words("allow_list") {
            do throws(WhiteList.InvalidEntry) {
                try whiteList.insert(word)
            } catch {
                reader.diagnostics.error(
                    "(1237): Invalid ip address: \(quoted(word)). In \(node.name): \(error.reason)",
                    at: node.valueLocation)
            }
        }
    }

    /// The white list of one section.
    static func read(_ reader: SectionReader) -> WhiteList {
        var whiteList = WhiteList()
        read(reader, into: &whiteList)
        return whiteList
    }
}
