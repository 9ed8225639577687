import Alerts

/// The addresses that this machine must not block, as they are now, and a second ago at most.
///
/// Reading them takes some tenths of a millisecond; of a burst of orders only the first one has to wait for that.
struct VitalAddresses {
    /// In milliseconds.
    private static let freshness: Int64 = 1000

    /// What counts; nothing is read for the others.
    let kinds: Set<VitalAddressKind>
    let root: String
    private var addresses: [IPAddress: VitalAddressKind] = [:]
    private var sshPeers = SSHPeers()
    private var readAt: Int64?

    /// - Parameter root: what stands before `/proc` and `/etc`; only tests give one.
    init(kinds: Set<VitalAddressKind>, root: String = "") {
        self.kinds = kinds
        self.root = root
    }

    /// Why an address must not be blocked; nil when it may be.
    ///
    /// - Parameter now: milliseconds of the boot clock.
    mutating func kind(of address: IPAddress, now: Int64) -> VitalAddressKind? {
        if address.isLoopback, kinds.contains(.loopback) { return .loopback }
        refresh(now: now)
        return addresses[address]
    }

    /// An address of a network that must not be blocked, if there is one.
    mutating func first(in network: IPNetwork, now: Int64) -> (address: IPAddress, kind: VitalAddressKind)? {
        if kinds.contains(.loopback), let loopback = Self.loopback.first(where: { network.overlaps($0) }) {
            return (loopback.address, .loopback)
        }
        refresh(now: now)
        // The same one each time.
        return addresses.filter { network.contains($0.key) }.min { $0.key.description < $1.key.description }
            .map { ($0.key, $0.value) }
    }

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }

    private mutating func refresh(now: Int64) {
        if let readAt, now - readAt < Self.freshness { return }
        readAt = now
        addresses = [:]
        if kinds.contains(.ssh) { add(sshPeers.read(root: root, now: now), .ssh) }
        if kinds.contains(.dns) { add(NameServers.read(root: root), .dns) }
        if kinds.contains(.gateway) { add(DefaultGateways.read(root: root), .gateway) }
        if kinds.contains(.own) { add(OwnAddresses.read(), .own) }
    }

    private mutating func add(_ found: [IPAddress], _ kind: VitalAddressKind) {
        for address in found { addresses[address] = kind }
    }
}
