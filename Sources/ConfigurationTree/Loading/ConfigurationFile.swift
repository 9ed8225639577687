/// Loads configuration files of either format.
package enum ConfigurationFile {
    package enum Format: Sendable {
        case xml
        case yaml

        /// By the end of the file's name: `.yaml` and `.yml` are YAML, everything else is XML.
        package init(of path: String) {
            self = path.hasSuffix(".yaml") || path.hasSuffix(".yml") ? .yaml : .xml
        }
    }

    /// The sections of one file, in file order, from every root.
    ///
    /// What is wrong is reported, never thrown; that everybody may write the file is wrong.
    package static func load(_ path: String, diagnostics: Diagnostics) -> [ConfigNode] {
        do throws(ConfigurationError) {
            let bytes = try FileReading.bytes(of: path)
            refuseIfOpen(path, diagnostics)
            return parse(bytes, name: path, format: Format(of: path), diagnostics: diagnostics)
        } catch {
            diagnostics.error(whole(path, error.description), at: .start(of: path))
            return []
        }
    }

    /// The sections in `bytes`.
    ///
    /// - Parameter name: the file name for places.
    package static func parse(
        _ bytes: [UInt8], name: String, format: Format, diagnostics: Diagnostics
    ) -> [ConfigNode] {
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            diagnostics.error(whole(name, "the file is in UTF-16; save it as UTF-8"), at: .start(of: name))
            return []
        }
        switch format {
        case .xml:
            var reader = XMLReader(bytes, name: name, diagnostics: diagnostics)
            return reader.read()
        case .yaml:
            var reader = YAMLReader(bytes, name: name, diagnostics: diagnostics)
            return reader.read()
        }
    }

    /// The configuration of a home: its main file, then every `.conf`, `.xml`, `.yaml` and `.yml` file in `conf.d`
    /// in the order of their names' bytes.
    ///
    /// Files and folders that everybody may write are an error.
    ///
    /// - Parameters:
    ///   - etc: the folder, usually `HOME/etc`.
    ///   - mainNames: the names that the main file may have. Exactly one of them must be there.
    package static func loadHome(etc: String, mainNames: [String], diagnostics: Diagnostics) -> [ConfigNode] {
        let usual = "\(etc)/\(mainNames.first ?? "")"
        var present: [String] = []
        do throws(ConfigurationError) {
            for name in mainNames where try FileReading.exists("\(etc)/\(name)") { present.append(name) }
        } catch {
            diagnostics.error(whole(usual, error.description), at: .start(of: usual))
            return []
        }
        if present.isEmpty {
            diagnostics.error(
                "(1239): Configuration file not found: \(quoted(usual)). Write \(etc)/"
                    + mainNames.joined(separator: " or "), at: .start(of: usual))
        } else if present.count > 1 {
            diagnostics.error(
                whole("\(etc)/\(present[1])", "\(present.joined(separator: " and ")) are both there; remove one"),
                at: .start(of: "\(etc)/\(present[1])"))
        }
        var sections: [ConfigNode] = []
        for path in present.map({ "\(etc)/\($0)" }) {
            // One that lost its content would take all responses and white lists along without a word.
            if let bytes = try? FileReading.bytes(of: path), bytes.allSatisfy({ $0 <= UInt8(ascii: " ") }) {
                diagnostics.error(whole(path, "the file is empty; restore it"), at: .start(of: path))
            } else {
                sections += load(path, diagnostics: diagnostics)
            }
        }
        do throws(ConfigurationError) {
            for name in try FileReading.names(in: "\(etc)/conf.d").filter(isConfiguration) {
                sections += load("\(etc)/conf.d/\(name)", diagnostics: diagnostics)
            }
        } catch {
            diagnostics.error(whole("\(etc)/conf.d", error.description), at: .start(of: "\(etc)/conf.d"))
        }
        for folder in [etc, "\(etc)/conf.d"] { refuseIfOpen(folder, diagnostics) }
        return sections
    }

    /// Whoever may write the configuration has programs run on every host, by its commands.
    private static func refuseIfOpen(_ path: String, _ diagnostics: Diagnostics) {
        guard FileReading.isWritableByAnybody(path) else { return }
        diagnostics.error(
            whole(path, "everybody on this machine may write it; take that away with chmod o-w"), at: .start(of: path))
    }

    /// What is wrong with a file as a whole, under the peers' number.
    private static func whole(_ path: String, _ reason: String) -> String {
        "(1202): Configuration error at \(quoted(path)): \(reason)"
    }

    /// Hidden files and editors' backups (`x.conf~`, `.x.conf.swp`) are none.
    private static func isConfiguration(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".conf", ".xml", ".yaml", ".yml"].contains { name.hasSuffix($0) }
    }
}
