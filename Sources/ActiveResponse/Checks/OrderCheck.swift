import Alerts

extension Order {
    /// Limits on what one order may carry, in bytes and pieces.
    private enum Limit {
        static let name = 1024
        static let path = 4096
        static let user = 256
        static let extraArguments = 256
        static let extraArgumentBytes = 65_536
        static let alertBytes = 1 << 20
        /// Ten years, in seconds.
        static let timeout: Int64 = 10 * 365 * 86_400
        static let execTimeout: Int64 = 86_400
        static let repetitions = 64
        /// In characters.
        static let undoBy = 4096
    }

    /// Why this order is not run, or nil when its values are in order.
    ///
    /// The manager checks the same before it sends an order. The check is repeated where the script runs, because
    /// the values come from alerts, and so from attackers, and the script runs as root.
    package var reasonToRefuse: String? {
        reasonToRefuseSizes ?? reasonToRefuseTexts ?? reasonToRefuseTarget ?? reasonToRefuseContainment
    }

    private var reasonToRefuseSizes: String? {
        if alertJSON.count > Limit.alertBytes { return "the alert is larger than 1 MiB" }
        if extraArguments.count > Limit.extraArguments { return "there are more than 256 extra arguments" }
        if extraArguments.reduce(0, { $0 + $1.utf8.count }) > Limit.extraArgumentBytes {
            return "the extra arguments are larger than 64 KiB"
        }
        if !(0...Limit.timeout).contains(timeout) { return "the timeout \(timeout) s is not within 0 s and ten years" }
        if !(0...Limit.execTimeout).contains(execTimeout) {
            return "the exec_timeout \(execTimeout) s is not within 0 s and a day"
        }
        if repeatedOffenders.count > Limit.repetitions
            || !repeatedOffenders.allSatisfy({ (0...Limit.timeout / 60).contains($0) })
        {
            return "the list of repeated_offenders is not one of minutes"
        }
        return nil
    }

    private var reasonToRefuseTexts: String? {
        let texts = [
            ("command", command), ("active response", activeResponse), ("executable", executable),
            ("alert id", alertID), ("rule id", ruleID), ("agent name", agentName), ("agent id", agentID),
            ("manager name", managerName),
        ]
        for (name, text) in texts {
            if text.utf8.count > Limit.name { return "the \(name) is longer than 1024 bytes" }
            if Self.hasControlCharacter(text) { return "the \(name) contains a control character" }
        }
        if command.isEmpty { return "the command has no name" }
        if extraArguments.contains(where: Self.hasControlCharacter) {
            return "an extra argument contains a control character"
        }
        return nil
    }

    private var reasonToRefuseTarget: String? {
        if let sourceAddress, IPAddress(sourceAddress) == nil {
            return "the source address \"\(Self.printable(sourceAddress))\" is not an IP address"
        }
        if let user, !Self.isSafe(user: user) { return "the user name \"\(Self.printable(user))\" is not safe" }
        if let filename, !Self.isNormal(path: filename) {
            return "the file name \"\(Self.printable(filename))\" is not absolute and normal"
        }
        return nil
    }

    private var reasonToRefuseContainment: String? {
        if let sum = containment.sha256, sum.count != SHA256.byteCount { return "the sha256 is not one of 32 bytes" }
        if let user = containment.runAs, !Self.isSafe(user: user) {
            return "the user name \"\(Self.printable(user))\" of run_as is not safe"
        }
        return nil
    }

    /// Whether a user name can be no option, no path, no field separator of passwd(5) and more than one word for no
    /// program.
    ///
    /// Stricter than the peers, whose scripts had to be fixed one by one (Wazuh 4.14.7).
    private static func isSafe(user: String) -> Bool {
        guard !user.isEmpty, user.utf8.count <= Limit.user, let first = user.unicodeScalars.first else { return false }
        let hasTwoDots = zip(user.utf8, user.utf8.dropFirst()).contains { $0 == 0x2E && $1 == 0x2E }
        if "-+~".unicodeScalars.contains(first) || hasTwoDots { return false }
        return user.unicodeScalars.allSatisfy { scalar in
            !isControl(scalar) && !scalar.properties.isWhitespace && !"'\"`:,/\\".unicodeScalars.contains(scalar)
        }
    }

    /// Whether a path is absolute, without empty, `.` and `..` components.
    private static func isNormal(path: String) -> Bool {
        guard path.utf8.count <= Limit.path, path.utf8.first == UInt8(ascii: "/"), !hasControlCharacter(path) else {
            return false
        }
        if path.utf8.count == 1 { return true }
        return path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy { component in
                !component.isEmpty && !component.elementsEqual([0x2E]) && !component.elementsEqual([0x2E, 0x2E])
            }
    }

    private static func hasControlCharacter(_ text: String) -> Bool {
        text.unicodeScalars.contains(where: isControl)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }

    /// Who wants an undo, short enough for a line of a log: it is not refused for that.
    static func shortened(by: String) -> String { printable(by, limit: Limit.undoBy) }

    /// A value that was refused, short and without what could forge a line of a log.
    private static func printable(_ text: String, limit: Int = 80) -> String {
        var printable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit) { printable.append(isControl(scalar) ? "?" : scalar) }
        return String(printable)
    }
}
