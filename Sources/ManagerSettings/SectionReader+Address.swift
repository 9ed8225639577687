import Alerts
import ConfigurationTree

extension SectionReader {
    /// An address on which to listen.
    func localAddress(_ name: String) -> String? {
        guard let node = last(name), let address = nonEmpty(name) else { return nil }
        guard IPAddress(address) != nil else {
            invalid(node, "expected an IP address of this machine, 0.0.0.0 or ::")
            return nil
        }
        return address
    }
}
