import Alerts

/// Refuses orders that would block what this machine cannot do without (docs/reference/configuration.md, "never_block").
///
/// An order acts on its address, and its script may read the one of its alert, unless its command expects a user or a
/// file and no address, or its script declares that it acts on none. One without an address acts on the addresses and
/// networks among its extra arguments. With the extra argument `ipv6-prefix=64` it acts on the whole network that an IPv6
/// address is in. What is undone is never refused.
struct BlockGuard {
    private var vital: VitalAddresses
    /// Where the manager is reached.
    var managerAddresses: [IPAddress] = []

    init(kinds: Set<VitalAddressKind>, root: String = "") {
        vital = VitalAddresses(kinds: kinds, root: root)
    }

    /// A guard of other kinds of addresses that knows the same manager.
    init(kinds: Set<VitalAddressKind>, like other: BlockGuard) {
        vital = VitalAddresses(kinds: kinds, root: other.vital.root)
        managerAddresses = other.managerAddresses
    }

    var kinds: Set<VitalAddressKind> { vital.kinds }

    /// Why an order must not be run, naming what it would block; nil when it may be.
    ///
    /// - Parameters:
    ///   - declarations: what the order's script says of itself; asked for only when it matters.
    ///   - now: milliseconds of the boot clock.
    mutating func objection(
        to order: Order, now: Int64, declarations: () -> ScriptDeclarations
    ) -> String? {
        guard order.kind == .run, !order.sparesAddress, !kinds.isEmpty else { return nil }
        guard let found = found(in: order, now: now), !declarations().contains(.noAddress) else { return nil }
        return "\(found.what) is \(Self.text(found.kind)), which is never blocked here; what blocks it nevertheless is "
            + "<never_block><\(found.kind.rawValue)>no in this machine's configuration"
    }

    private mutating func found(in order: Order, now: Int64) -> (what: String, kind: VitalAddressKind)? {
        let ordered = order.sourceAddress.flatMap(Self.one).map { [$0] }
        let targets = (ordered ?? order.extraArguments.compactMap { IPNetwork($0) }) + Self.alertAddress(of: order)
        let bits = Self.ipv6Prefix(in: order)
        for target in targets {
            guard !target.isOne || (target.address.isIPv6 && bits < 128) else {
                if let kind = kind(of: target.address, now: now) { return ("\(target.address)", kind) }
                continue
            }
            let network = target.isOne ? IPNetwork("\(target.address)/\(bits)") ?? target : target
            if kinds.contains(.manager), let manager = managerAddresses.first(where: network.contains) {
                return (Self.name(manager, in: network), .manager)
            }
            if let (address, kind) = vital.first(in: network, now: now) {
                return (Self.name(address, in: network), kind)
            }
        }
        return nil
    }

    private mutating func kind(of address: IPAddress, now: Int64) -> VitalAddressKind? {
        if kinds.contains(.manager), managerAddresses.contains(address) { return .manager }
        return vital.kind(of: address, now: now)
    }

    private static func one(_ text: String) -> IPNetwork? { IPAddress(text).flatMap { IPNetwork("\($0)") } }

    /// The address that a script finds which reads the alert; none when it is the order's, as it should be.
    private static func alertAddress(of order: Order) -> [IPNetwork] {
        guard order.convention != .positional, !order.alertJSON.isEmpty, let alert = try? Alert(json: order.alertJSON),
            let text = alert.sourceAddressText, text != order.sourceAddress
        else { return [] }
        return one(text).map { [$0] } ?? []
    }

    /// To how many bits the script shortens an IPv6 address; 128 for not at all.
    private static func ipv6Prefix(in order: Order) -> Int {
        let option = "ipv6-prefix="
        let lengths = order.extraArguments.filter { $0.hasPrefix(option) }.compactMap {
            Int($0.dropFirst(option.count))
        }
        return lengths.filter((0...128).contains).min() ?? 128
    }

    private static func name(_ address: IPAddress, in network: IPNetwork) -> String {
        let (address, network) = (address.description, network.description)
        return address == network ? address : "\(address), which is in \(network),"
    }

    private static func text(_ kind: VitalAddressKind) -> String {
        switch kind {
        case .manager: "an address of the manager"
        case .own: "an address of this machine"
        case .loopback: "a loopback address"
        case .gateway: "a default gateway of this machine"
        case .dns: "a DNS server of this machine"
        case .ssh: "the other end of a live SSH session on this machine"
        }
    }
}
