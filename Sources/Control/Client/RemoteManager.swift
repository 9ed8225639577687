import TLS

/// A manager that is asked over TLS: what proves it to us, and us to it.
struct RemoteManager {
    let url: ManagerURL
    let context: TLSContext
    /// For the header, never for people.
    let token: String

    /// Reads both files.
    init(_ url: ManagerURL, tokenFile: String, authorityFile: String) throws(ControlError) {
        self.url = url
        do throws(TLSError) {
            context = try .controlClient(authorities: Certificate.chain(file: authorityFile))
        } catch {
            throw .failed(
                "the certificate authority of \(url) is not known: \(error); give a copy of the manager's etc/tls/ca.pem "
                    + "with --ca or EDR_CA_FILE")
        }
        do throws(TLSError) {
            let text = try CredentialFile.secretText(of: tokenFile)
            token = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        } catch {
            throw .failed("the token file cannot be used: \(error)")
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .failed("the token file \"\(tokenFile)\" holds no API token; it has to hold one and nothing else")
        }
    }
}
