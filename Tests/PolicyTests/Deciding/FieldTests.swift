import Alerts
import Policy
import Testing

/// The values of an alert on their way to the script.
struct FieldTests {
    @Test(
        arguments: [
            (
                ExpectedFields.sourceAddress, "srcip",
                "data.srcip, data.win.eventdata.ipAddress and data.win.eventdata.destinationIp"
            ),
            (.user, "user", "data.dstuser and data.user; data.srcuser is never taken"),
            (.filename, "filename", "syscheck.path and a location that is an absolute path"),
            (
                [.user, .sourceAddress], "srcip",
                "data.srcip, data.win.eventdata.ipAddress and data.win.eventdata.destinationIp"
            ),
        ] as [(ExpectedFields, String, String)])
    func `an expected value that is not there is the reason, with where it was looked for`(
        expect: ExpectedFields, name: String, places: String
    ) throws {
        #expect(
            reason(response(expect: expect, level: 1), try alert())
                == "expects \(name), but the alert has none (looked for \(places))")
    }

    @Test func `all values are handed over, expected or not`() throws {
        let alert = try alert(
            data: #""srcip":"2001:DB8::0:7","dstuser":"eve","srcuser":"mallory""#,
            more: #","syscheck":{"path":"/etc/hosts"}"#)
        let expected = ResponseArguments(
            user: "eve", sourceAddress: "2001:db8::7", filename: "/etc/hosts", extraArguments: [])
        #expect(outcome(response(level: 1), alert)?.arguments == expected)
        #expect(
            outcome(response(expect: [.user, .sourceAddress, .filename], level: 1), alert)?.arguments == expected)
    }

    @Test(arguments: ["evil.example.com", "198.51.100.7; reboot", "198.51.100", "fe80::1%eth0", "010.0.0.1", "-s"])
    func `a source that is no address is never handed over`(text: String) throws {
        let alert = try alert(data: #""srcip":"\#(text)","dstuser":"eve""#)
        #expect(
            reason(response(expect: .sourceAddress, level: 1), alert)
                == "(1271): Invalid IP Address \"\(text)\". Possible logging attack.")
        let other = outcome(response(expect: .user, level: 1), alert)
        #expect(
            other?.arguments == ResponseArguments(user: "eve", sourceAddress: nil, filename: nil, extraArguments: []))
    }

    @Test(arguments: [
        "-f", "+x", "~root", "a b", "a:b", "a,b", "a/b", #"DOM\\eve"#, "a'b", #"a\"b"#, "$(id)", "a;b", "a..b", "..",
        ".", "müller",
        #"a\nb"#, #"a\u0000b"#, "a*b", String(repeating: "a", count: 257),
    ])
    func `a user name that could be anything else is never handed over`(text: String) throws {
        let alert = try alert(data: #""srcip":"198.51.100.7","dstuser":"\#(text)""#)
        let refusal = try #require(reason(response(expect: .user, level: 1), alert))
        #expect(refusal.hasPrefix("(1272): Invalid username"))
        #expect(!refusal.unicodeScalars.contains { $0.value < 0x20 })
        #expect(
            outcome(response(expect: .sourceAddress, level: 1), alert)?.arguments
                == ResponseArguments(user: nil, sourceAddress: "198.51.100.7", filename: nil, extraArguments: []),
            "an odd user name must not ward off the ban of an address")
    }

    @Test(arguments: ["root", "eve", "www-data", "a.b_c", "eve@example.com", "HOST$", "_apt", "?", "1000"])
    func `ordinary user names are handed over`(name: String) throws {
        #expect(
            outcome(response(expect: .user, level: 1), try alert(data: #""dstuser":"\#(name)""#))?.arguments?.user
                == name)
    }

    @Test(arguments: [
        "etc/hosts", #"C:\\Windows\\x"#, "/etc/../shadow", "/etc/./hosts", "/etc//hosts", "/etc/", "//",
        #"/etc/\u0007"#, #"/a\nb"#,
        "/" + String(repeating: "a", count: 4095),
    ])
    func `a path that is not absolute and normal is never handed over`(path: String) throws {
        let alert = try alert(more: #","syscheck":{"path":"\#(path)"}"#)
        let refusal = try #require(reason(response(expect: .filename, level: 1), alert))
        #expect(refusal.hasSuffix("is not an absolute, normal path"))
        #expect(outcome(response(level: 1), alert)?.arguments?.filename == nil)
    }

    @Test func `a path with blanks and dots in names is a path`() throws {
        for path in ["/", "/a b/..c/d.", "/tmp/é 'x' $(y)"] {
            let alert = try alert(more: #","syscheck":{"path":"\#(path)"}"#)
            #expect(outcome(response(expect: .filename, level: 1), alert)?.arguments?.filename == path)
        }
    }

    @Test func `the location is the file when it is a path`() throws {
        let log = try alert(more: #","location":"/var/log/auth.log""#)
        #expect(outcome(response(expect: .filename, level: 1), log)?.arguments?.filename == "/var/log/auth.log")
        let channel = try alert(more: #","location":"EventChannel""#)
        #expect(reason(response(expect: .filename, level: 1), channel)?.hasPrefix("expects filename") == true)
    }
}
