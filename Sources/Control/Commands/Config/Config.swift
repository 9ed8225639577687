import ArgumentParser

/// `config`: what concerns configuration files, without a manager.
struct Config: VerbGroup {
    static let configuration = CommandConfiguration(
        abstract: "Checks and converts configuration files; needs no running manager.",
        subcommands: [ConfigCheck.self, ConfigConvert.self])
}
