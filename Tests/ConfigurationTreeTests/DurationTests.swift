import ConfigurationTree
import Testing

@Suite struct `Durations` {
    @Test(arguments: [
        ("0", 0), ("600", 600), ("10s", 10), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("1w", 604_800),
        ("007", 7), ("36500d", 36500 * 86_400),
    ])
    func `seconds and single units are read`(text: String, seconds: Int64) {
        #expect(parseDuration(text) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "abc", "10 m", "10M", "1h30m", "-5", "+5", "1.5h", "m", "10ms", "0x10", "٣", "10m ",
        "9223372036854775807w", "99999999999999999999", "36501d",
    ])
    func `anything else is no duration`(text: String) {
        #expect(parseDuration(text) == nil)
    }
}

@Suite struct `Byte counts` {
    @Test(arguments: [("0", 0), ("500000", 500_000), ("64K", 65_536), ("500M", 524_288_000), ("2G", 2_147_483_648)])
    func `bytes and single units are read`(text: String, bytes: Int) {
        #expect(parseByteCount(text) == bytes)
    }

    @Test(arguments: ["", "G", "2g", "2 G", "2GB", "-1", "+1", "1.5G", "9223372036854775807K", "٣"])
    func `anything else is no byte count`(text: String) {
        #expect(parseByteCount(text) == nil)
    }
}

@Suite struct `Did you mean` {
    @Test(arguments: [
        ("comand", "command"), ("Level", "level"), ("rule_id", "rules_id"), ("rules-group", "rules_group"),
        ("timeuot", "timeout"), ("active_response", "active-response"),
    ])
    func `a misspelling finds its word`(word: String, expected: String) {
        let words = ["command", "level", "rules_id", "rules_group", "timeout", "active-response"]
        #expect(didYouMean(word, among: words) == expected)
    }

    @Test(arguments: ["decoder", "x", "", "syscheck", String(repeating: "command", count: 1000)])
    func `an unrelated word finds none`(word: String) {
        #expect(didYouMean(word, among: ["command", "level", "rules_id", "timeout"]) == nil)
    }

    @Test func `the nearest wins`() {
        #expect(didYouMean("host-dany", among: ["host-dan", "host-deny"]) == "host-dan")
        #expect(didYouMean("rules_ids", among: ["rules_gdx", "rules_id"]) == "rules_id")
    }
}
