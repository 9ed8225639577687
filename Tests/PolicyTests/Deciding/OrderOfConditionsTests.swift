import Alerts
import Policy
import Testing

struct OrderOfConditionsTests {
    /// Everything is wrong at once; each condition that is put right uncovers the next.
    @Test func `the first condition that fails is the reason`() throws {
        var whiteList = WhiteList()
        try whiteList.insert("198.51.100.7")
        var expect: ExpectedFields = [.sourceAddress, .user]
        var (level, disabled, arguments) = (12, true, ["$data.missing"])
        var data = #""srcip":"198.51.100.7""#
        var location = ResponseLocation.definedAgent(["gone"])
        func refusal() throws -> String? {
            reason(
                response(
                    expect: expect, extraArguments: arguments, location: location, level: level, disabled: disabled),
                try alert(data: data), whiteList: whiteList)
        }
        #expect(try refusal() == "it is disabled")
        disabled = false
        #expect(try refusal() == "rule level 10 is below 12")
        level = 3
        #expect(
            try refusal()
                == "expects user, but the alert has none (looked for data.dstuser and data.user; data.srcuser is never "
                + "taken)")
        data += #","dstuser":"-rf x""#
        #expect(try refusal() == #"(1272): Invalid username "-rf x". Possible logging attack."#)
        expect = .sourceAddress
        #expect(try refusal() == "198.51.100.7 is white-listed by 198.51.100.7")
        whiteList = WhiteList()
        #expect(try refusal() == #"the alert has no field "data.missing""#)
        arguments = []
        #expect(try refusal() == #"no agent "gone" is enrolled"#)
        location = .server
        #expect(try refusal() == nil)
    }
}
