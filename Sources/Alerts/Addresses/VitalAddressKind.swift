/// Why a machine must not block an address: without it nobody could reach the machine any more, or the machine nothing.
///
/// The raw values are the names in the configuration (`<never_block>`).
package enum VitalAddressKind: String, Sendable, CaseIterable {
    /// An address at which the agent reaches its manager.
    case manager
    /// An address of the machine itself.
    case own
    /// `127.0.0.0/8` and `::1`.
    case loopback
    /// A default gateway.
    case gateway
    /// A configured DNS server.
    case dns
    /// The other end of a live SSH session on this machine.
    case ssh
}
