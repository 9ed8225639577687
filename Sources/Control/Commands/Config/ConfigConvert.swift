import ArgumentParser
import ConfigurationTree
import Daemon
import Foundation

/// `config convert`: the same configuration in the other format, tidied up.
struct ConfigConvert: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Prints a configuration in tidy YAML or XML with the same meaning.",
        discussion: """
            The result goes to standard output. What is not ours (sections and options of Wazuh and OSSEC) and comments \
            are left out, which standard error says. A configuration with errors is not converted; exit status 78.
            """)

    enum Target: String, CaseIterable, ExpressibleByArgument, Sendable {
        case yaml
        case xml
    }

    @Argument(help: ArgumentHelp("The file to convert.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The format of the result.", valueName: "format"))
    var to: Target

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Whose file it is (else found out by its name and contents).", valueName: "daemon"))
    var daemon: DaemonKind?

    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        let kind = daemon ?? DaemonKind(guessing: file)
        let diagnostics = Diagnostics()
        let etc = Home.resolve(option: options.home).etc
        let loaded = LoadedConfiguration(kind, file: file, etc: etc, diagnostics: diagnostics)
        for diagnostic in diagnostics.all { session.console.error(diagnostic.description) }
        if diagnostics.hasErrors { throw .invalidConfiguration(file) }
        let tidy = TidyConfiguration(loaded.sections)
        let text = to == .yaml ? tidy.yaml : tidy.xml
        try verify(text, tidy, kind)
        if hasComments { session.console.error("\(quoted(file)): comments are not carried over") }
        session.console.print(text)
    }

    /// Reads the result: rather none than one that means something else.
    private func verify(_ text: String, _ tidy: TidyConfiguration, _ kind: DaemonKind) throws(ControlError) {
        let diagnostics = Diagnostics()
        let result = LoadedConfiguration(
            kind, text: text, format: to == .yaml ? .yaml : .xml, diagnostics: diagnostics)
        if let error = diagnostics.all.first(where: { $0.severity == .error }) {
            throw .failed("\(quoted(file)) cannot be written as \(to.rawValue): \(error)")
        }
        guard TidyConfiguration(result.sections) == tidy else {
            throw .failed(
                "\(quoted(file)) cannot be written as \(to.rawValue) with the same meaning; please report this")
        }
    }

    /// Whether the file seems to hold comments; a value that looks like one counts too.
    private var hasComments: Bool {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return false }
        return switch ConfigurationFile.Format(of: file) {
        case .xml: text.contains("<!")
        case .yaml: text.split(whereSeparator: \.isNewline).contains { " \($0)".contains(" #") }
        }
    }
}
