import Alerts
import Policy
import Testing

struct ExtraArgumentTests {
    private func words(_ arguments: [String], _ alert: Alert) -> [String]? {
        outcome(response(extraArguments: arguments, level: 1), alert)?.arguments?.extraArguments
    }

    @Test func `a word that refers to a field becomes its value, one word whatever it contains`() throws {
        let alert = try alert(
            data: #""note":"a 'b' \"c\" $(reboot) `x` ; *","port":22,"up":true,"empty":"","_x":{"y":"z"}"#)
        #expect(
            words(
                ["--note", "$data.note", "$data.port", "$data.up", "$data.empty", "$data._x.y", "$rule.id", "end"],
                alert)
                == ["--note", #"a 'b' "c" $(reboot) `x` ; *"#, "22", "true", "", "z", "5712", "end"])
    }

    @Test func `other words stand for themselves`() throws {
        let literals = ["$", "$5", "$.x", "a$data.srcip", "$$data.x", "${x}", "", "é", "--x=$data.srcip"]
        #expect(words(literals, try alert()) == literals)
    }

    @Test(arguments: ["$data.missing", "$data", "$rule.groups", "$data.nothing", "$rule.id.x"])
    func `a field that is not there is the reason`(word: String) throws {
        let refused = reason(response(extraArguments: ["a", word], level: 1), try alert(data: #""nothing":null"#))
        #expect(refused == "the alert has no field \"\(word.dropFirst())\"")
    }

    @Test(arguments: [#"a\u0000b"#, #"a\nb"#, #"\u001b[0m"#, #"\u007f"#, #"\u0085"#])
    func `a control character is the reason`(text: String) throws {
        let refused = reason(response(extraArguments: ["$data.x"], level: 1), try alert(data: #""x":"\#(text)""#))
        #expect(refused == #"the alert's "data.x" contains a control character"#)
    }

    @Test func `a value is bounded`() throws {
        let longest = String(repeating: "x", count: 4096)
        #expect(words(["$data.x"], try alert(data: #""x":"\#(longest)""#)) == [longest])
        let refused = reason(response(extraArguments: ["$data.x"], level: 1), try alert(data: #""x":"\#(longest)x""#))
        #expect(refused == #"the alert's "data.x" is longer than 4096 bytes"#)
    }
}
