import ActiveResponse
import Foundation
import Testing
import TestSupport

@Suite(.timeLimit(.minutes(5))) struct ScriptCheckTests {
    private let machine: TestExecutor
    private var bin: String { machine.home.path + "/active-response/bin" }

    init() throws {
        machine = try TestExecutor()
        try machine.home.addScript("good", "#!/bin/sh\necho \"$0\"\n")
    }

    private func outcome(_ executable: String) async -> ResponseEvent {
        let order = order(1, executable: executable)
        machine.executor.submit(order)
        return await machine.recorder.end(of: order.id)
    }

    private func expectRefusal(_ executable: String, _ reason: String) async {
        let event = await outcome(executable)
        #expect(event.kind == .refused)
        #expect(event.detail == reason)
        #expect(machine.recorder.kinds(dispatch(1)) == [.received, .refused])
    }

    @Test func `a script, one in a folder, and links inside are run under their own names`() async throws {
        try FileManager.default.createDirectory(atPath: bin + "/sub", withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: bin + "/good", toPath: bin + "/sub/inner")
        symlink("good", bin + "/good.sh")
        symlink("../good", bin + "/sub/back")
        symlink("sub", bin + "/folder")
        symlink(bin + "/sub/inner", bin + "/absolute")
        for (number, name) in ["good", "good.sh", "sub/inner", "sub/back", "folder/inner", "absolute"].enumerated() {
            let order = order(UInt8(number), executable: name)
            machine.executor.submit(order)
            let event = await machine.recorder.end(of: order.id)
            #expect(event.text == "\(bin)/\(name)\n", "\(event)")
        }
    }

    @Test(arguments: ["../bin/good", "sub/../good", "..", "", "/bin/sh", "a/../../../x"])
    func `a name that leaves the folder is refused`(name: String) async {
        await expectRefusal(name, "\"\(name)\" leaves the folder active-response/bin")
    }

    @Test(arguments: ["/bin/true", "../../outside", "../bin/good"])
    func `a link that leaves the folder is refused`(target: String) async throws {
        try machine.home.write("#!/bin/sh\n", to: "outside")
        symlink(target, bin + "/link")
        await expectRefusal("link", "\"link\" leaves the folder active-response/bin")
    }

    @Test func `a link whose way leads through a foreign folder is refused`() async throws {
        try FileManager.default.createDirectory(
            atPath: machine.home.path + "/foreign", withIntermediateDirectories: false)
        symlink(bin + "/good", machine.home.path + "/foreign/way")
        symlink("../../foreign/way", bin + "/link")
        await expectRefusal("link", "\"link\" leaves the folder active-response/bin")
    }

    @Test func `a script that was replaced by a link outside is refused from then on`() async throws {
        #expect(await outcome("good").exitStatus == 0)
        unlink(bin + "/good")
        symlink("/bin/true", bin + "/good")
        let again = order(2, executable: "good")
        machine.executor.submit(again)
        #expect(await machine.recorder.end(of: again.id).kind == .refused)
    }

    @Test func `links in a circle are refused`() async {
        symlink("b", bin + "/a")
        symlink("a", bin + "/b")
        await expectRefusal("a", "\"a\" has too many links")
    }

    @Test func `what is missing is refused`() async {
        await expectRefusal("missing", "\"missing\" cannot be found: No such file or directory")
    }

    @Test func `what is no regular file is refused`() async throws {
        mkfifo(bin + "/pipe", 0o755)
        await expectRefusal("pipe", "\"pipe\" is not a regular file")
    }

    @Test func `a folder is refused`() async throws {
        mkdir(bin + "/sub", 0o755)
        await expectRefusal("sub", "\"sub\" is a folder")
    }

    @Test func `what is not executable is refused`() async {
        chmod(bin + "/good", 0o644)
        await expectRefusal("good", "\"good\" is not executable")
    }

    @Test(arguments: [0o775, 0o757] as [mode_t])
    func `what others may write is refused`(mode: mode_t) async {
        chmod(bin + "/good", mode)
        await expectRefusal("good", "\"good\" is writable by group or others")
    }

    @Test func `a folder that others may write is refused with all that is in it`() async throws {
        mkdir(bin + "/sub", 0o755)
        try FileManager.default.copyItem(atPath: bin + "/good", toPath: bin + "/sub/inner")
        chmod(bin + "/sub", 0o777)
        await expectRefusal("sub/inner", "a folder of \"sub/inner\" is writable by group or others")
    }

    @Test func `the scripts' own folder must not be writable by others either`() async {
        chmod(bin, 0o777)
        await expectRefusal("good", "the folder \"\(bin)\" is writable by group or others")
    }

    @Test(arguments: ["", "/active-response"])
    func `nor may the folders above it in the home`(folder: String) async {
        let path = machine.home.path + folder
        chmod(path, 0o777)
        await expectRefusal("good", "the folder \"\(path)\" is writable by group or others")
    }

    @Test(.enabled(if: geteuid() == 0, "needs to give a file away"))
    func `what belongs to somebody else is refused`() async {
        chown(bin + "/good", 65_534, 65_534)
        await expectRefusal("good", "\"good\" belongs to user 65534, not to root")
    }
}
