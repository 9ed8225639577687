import Alerts

/// The values of an alert that a script gets, checked once for all responses.
///
/// Whoever causes an alert writes them, and scripts run as root: a value that is not exactly what it should be is never
/// handed over. A response whose command expects such a value does not fire. For any other it counts as not there: an
/// attacker could otherwise ward off the ban of an address with a user name that is none, as with Wazuh, where each
/// check is made for every response.
struct CheckedFields {
    enum Field {
        case missing
        case valid(String)
        /// With the reason, as a sentence.
        case invalid(String)

        var value: String? {
            if case .valid(let value) = self { return value }
            return nil
        }
    }

    let user: Field
    let sourceAddress: Field
    let filename: Field
    /// Why the source of the alert must not be acted against, if so.
    let whiteListing: String?

    init(_ alert: Alert, whiteList: WhiteList) {
        user = Self.checked(alert.user) { user in
            UserName.isSafe(user)
                ? .valid(user)
                : .invalid("(1272): Invalid username \"\(excerpt(user))\". Possible logging attack.")
        }
        sourceAddress = Self.checked(alert.sourceAddressText) { text in
            IPAddress(text).map { .valid($0.description) }
                ?? .invalid("(1271): Invalid IP Address \"\(excerpt(text))\". Possible logging attack.")
        }
        filename = Self.checked(alert.filename) { path in
            FilePath.isNormal(path)
                ? .valid(path) : .invalid("the file name \"\(excerpt(path))\" is not an absolute, normal path")
        }
        whiteListing = whiteList.objection(to: alert)?.reason
    }

    private static func checked(_ text: String?, _ check: (String) -> Field) -> Field {
        text.map(check) ?? .missing
    }
}

/// User names as scripts may get them.
enum UserName {
    private static let longest = 256

    /// Whether a name is one word of the characters that the peers let through (Wazuh: `^[a-zA-Z._0-9@?-]*$`), or `$`,
    /// in which the names of Windows machine accounts end; and is neither an option nor a way up a path.
    static func isSafe(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "-") && name.utf8.allSatisfy(isPart)
            && !name.utf8.elementsEqual(".".utf8)
            && !zip(name.utf8, name.utf8.dropFirst()).contains { $0 == (0x2E, 0x2E) }
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "-"),
            UInt8(ascii: "$"):
            true
        default: false
        }
    }
}

/// Paths as scripts may get them.
enum FilePath {
    /// Linux's `PATH_MAX` counts the terminating zero.
    private static let longest = 4095

    /// Whether a path is absolute, without empty, `.` and `..` components and without control characters.
    static func isNormal(_ path: String) -> Bool {
        guard path.utf8.count <= longest, path.utf8.first == UInt8(ascii: "/"),
            !path.unicodeScalars.contains(where: isControl)
        else { return false }
        if path.utf8.count == 1 { return true }
        return path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    }
}
