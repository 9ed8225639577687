/// An enrolled agent.
struct AgentRecord: Sendable, Equatable {
    /// At least three digits, `001` and up.
    let id: String
    let name: String
    var certificateSerial: String
    /// The only certificate that this agent is served with.
    var certificateFingerprint: String
    /// When it was first enrolled, in unix milliseconds.
    let created: Int64
    /// When it was last heard of, in unix milliseconds; `nil`: never.
    var lastSeen: Int64?
    var version: String?
    var address: String?
    /// The fingerprint of the authority that made its certificate; `nil`: not known.
    var certificateAuthority: String?
    /// The fingerprints of the authorities that it is known to trust, the oldest first; `nil`: it never said.
    var trusts: [String]?
}

/// The forms of an agent's id and name.
enum AgentNaming {
    /// The id of this number: at least three digits, as in Wazuh.
    static func id(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// The number of an id in its one valid form; `nil` for anything else, and for `000`, which is the manager.
    static func number(_ id: String) -> Int? {
        guard (3...9).contains(id.utf8.count), id.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(id), number > 0, self.id(number) == id
        else { return nil }
        return number
    }

    /// Letters, digits, `.`, `-` and `_`, at most 128: what Wazuh accepts, and what is safe wherever names are shown.
    static func isValidName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
