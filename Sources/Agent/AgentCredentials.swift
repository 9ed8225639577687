import Daemon
import TLS

/// What the agent got when it enrolled, in `etc/tls`: its key and certificate, and the manager's authority.
struct AgentCredentials: Sendable {
    let authority: Certificate
    let certificate: Certificate
    let key: PrivateKey

    /// The id that the manager gave the agent: the certificate's subject.
    var agentID: String { certificate.commonName ?? "" }

    static func load(home: Home) throws(TLSError) -> AgentCredentials {
        AgentCredentials(
            authority: try Certificate(file: home.tls + "/ca.pem"),
            certificate: try Certificate(file: home.tls + "/agent.pem"),
            key: try PrivateKey(file: home.tls + "/agent-key.pem"))
    }

    /// Writes the three files.
    ///
    /// The certificate comes last: with it the enrollment counts as done.
    func write(to home: Home) throws(TLSError) {
        try key.write(to: home.tls + "/agent-key.pem")
        try authority.write(to: home.tls + "/ca.pem")
        try certificate.write(to: home.tls + "/agent.pem")
    }
}
