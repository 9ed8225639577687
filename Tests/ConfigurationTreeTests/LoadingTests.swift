import ConfigurationTree
import Foundation
import Testing

@Suite struct `Loading` {
    /// A folder of its own, removed at the end.
    private final class Folder {
        let path = "/tmp/edr-configuration-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(atPath: "\(path)/conf.d", withIntermediateDirectories: true)
        }

        func write(_ text: String, to name: String) throws {
            try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let names = ["edr-manager.conf", "edr-manager.yaml"]

    @Test func `the main file comes first, then conf_d by name, each in its own format`() throws {
        let folder = try Folder()
        try folder.write("<edr_config><main/></edr_config>", to: "edr-manager.conf")
        try folder.write("<edr_config><c/></edr_config>", to: "conf.d/20-c.conf")
        try folder.write("b: {x: 1}", to: "conf.d/10-b.yaml")
        try folder.write("d: {x: 1}", to: "conf.d/20-d.yml")
        for other in [".hidden.conf", "x.conf~", "y.conf.disabled", "README"] {
            try folder.write("<broken", to: "conf.d/\(other)")
        }
        let diagnostics = Diagnostics()
        let sections = ConfigurationFile.loadHome(etc: folder.path, mainNames: Self.names, diagnostics: diagnostics)
        #expect(diagnostics.lines == [])
        #expect(sections.map(\.name) == ["main", "b", "c", "d"])
        #expect(sections.map(\.root) == [.edr, .yaml, .edr, .yaml])
        #expect(sections[1].location.file == "\(folder.path)/conf.d/10-b.yaml")
    }

    @Test func `no main file is an error, conf_d is read nonetheless`() throws {
        let folder = try Folder()
        try folder.write("b: {x: 1}\nb: 2", to: "conf.d/b.yaml")
        let diagnostics = Diagnostics()
        _ = ConfigurationFile.loadHome(etc: folder.path, mainNames: Self.names, diagnostics: diagnostics)
        #expect(diagnostics.all.count == 2)
        #expect(
            diagnostics.lines.first
                == "\(folder.path)/edr-manager.conf:1:1: error: (1239): Configuration file not found: "
                + "'\(folder.path)/edr-manager.conf'. Write \(folder.path)/edr-manager.conf or edr-manager.yaml")
    }

    @Test(arguments: ["", " \n\t\n"])
    func `a main file that lost its content is an error`(text: String) throws {
        let folder = try Folder()
        try folder.write(text, to: "edr-manager.conf")
        let diagnostics = Diagnostics()
        #expect(ConfigurationFile.loadHome(etc: folder.path, mainNames: Self.names, diagnostics: diagnostics) == [])
        #expect(diagnostics.lines.count == 1 && diagnostics.lines[0].hasSuffix("the file is empty; restore it"))
    }

    @Test func `both main files are an error`() throws {
        let folder = try Folder()
        try folder.write("<edr_config/>", to: "edr-manager.conf")
        try folder.write("a: {x: 1}", to: "edr-manager.yaml")
        let diagnostics = Diagnostics()
        _ = ConfigurationFile.loadHome(etc: folder.path, mainNames: Self.names, diagnostics: diagnostics)
        #expect(
            diagnostics.lines == [
                "\(folder.path)/edr-manager.yaml:1:1: error: (1202): Configuration error at "
                    + "'\(folder.path)/edr-manager.yaml': edr-manager.conf and edr-manager.yaml are both there; remove one"
            ])
    }

    @Test(arguments: ["edr-manager.conf", "conf.d/a.conf", "conf.d", ""])
    func `what everybody may write is an error`(name: String) throws {
        let folder = try Folder()
        try folder.write("<edr_config/>", to: "edr-manager.conf")
        try folder.write("<edr_config/>", to: "conf.d/a.conf")
        let path = name.isEmpty ? folder.path : "\(folder.path)/\(name)"
        #expect(chmod(path, 0o777) == 0)
        let diagnostics = Diagnostics()
        _ = ConfigurationFile.loadHome(etc: folder.path, mainNames: Self.names, diagnostics: diagnostics)
        #expect(
            diagnostics.lines == [
                "\(path):1:1: error: (1202): Configuration error at '\(path)': everybody on this machine may write it; "
                    + "take that away with chmod o-w"
            ])
    }

    @Test func `a folder that cannot be looked into is not taken for one without a main file`() throws {
        let folder = try Folder()
        try folder.write("", to: "etc")
        let diagnostics = Diagnostics()
        #expect(
            ConfigurationFile.loadHome(etc: "\(folder.path)/etc", mainNames: Self.names, diagnostics: diagnostics) == []
        )
        #expect(
            diagnostics.lines.count == 1 && diagnostics.lines[0].hasSuffix("it cannot be examined: Not a directory"))
    }

    @Test func `what cannot be read says why`() throws {
        let folder = try Folder()
        mkfifo("\(folder.path)/fifo.conf", 0o600)
        try folder.write(String(repeating: " ", count: (8 << 20) + 1), to: "large.conf")
        let diagnostics = Diagnostics()
        let names = ["missing.conf", "conf.d", "fifo.conf", "large.conf"]
        for name in names {
            #expect(ConfigurationFile.load("\(folder.path)/\(name)", diagnostics: diagnostics) == [])
        }
        let reasons = [
            "the file cannot be opened: No such file or directory", "this is not a regular file",
            "this is not a regular file", "the file is too large: at most 8 MiB are allowed",
        ]
        #expect(
            diagnostics.lines
                == zip(names, reasons).map { name, reason in
                    let path = "\(folder.path)/\(name)"
                    return "\(path):1:1: error: (1202): Configuration error at '\(path)': \(reason)"
                })
    }
}
