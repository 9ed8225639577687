import Daemon
import Logging
import ServiceLifecycle

/// Hands what happens on the links to the dispatcher, and keeps the list of agents current.
struct LinkPump: Service {
    let events: LinkEvents
    let dispatcher: Dispatcher
    let registry: AgentRegistry
    let authorities: AuthorityDesk
    let ledger: any Ledger
    let logger: Logger

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            while true {
                let happened = await events.next()
                if happened.isEmpty { return }
                for event in happened { await take(event) }
            }
        } onCancelOrGracefulShutdown: {
            events.finish()
        }
    }

    private func take(_ event: LinkEvents.Event) async {
        switch event {
        case .reports(let batches):
            dispatcher.reports(batches)
            // There may be many more: others want to run too.
            await Task.yield()
        case .up(let link, let journal, let version, let address):
            let isUp = dispatcher.linkUp(link, agent: link.agentID, journal: journal) {
                registry.isCurrent(agent: link.agentID, fingerprint: link.fingerprint)
            }
            guard isUp else {
                link.close(reason: "the agent is not enrolled")
                return
            }
            await noteCertificate(of: link)
            authorities.connected(link)
            saw(
                AgentSighting(agent: link.agentID, at: Timestamp.now(), version: version, address: address),
                connected: true, save: true)
            logger.notice(
                "Agent is connected",
                metadata: .of([.agent: link.agentID, .address: address, .version: version]))
        case .summary(let link, let part):
            dispatcher.summary(part, agent: link.agentID, over: link)
            link.taken()
        case .description(let link, let found):
            dispatcher.found(found, agent: link.agentID, over: link)
            link.taken()
        case .trusts(let link, let fingerprints):
            guard dispatcher.isUp(link, agent: link.agentID) else { return }
            authorities.confirmed(fingerprints, by: link)
        case .notice(let link, let notice):
            dispatcher.noticed(notice, agent: link.agentID, over: link)
            link.taken()
        case .heard(let link):
            guard dispatcher.isUp(link, agent: link.agentID) else { return }
            saw(AgentSighting(agent: link.agentID, at: Timestamp.now()), connected: true, save: false)
        case .down(let link, let reason):
            authorities.disconnected(link)
            guard dispatcher.linkDown(link, agent: link.agentID) else { return }
            saw(AgentSighting(agent: link.agentID, at: Timestamp.now()), connected: false, save: true)
            logger.notice("Agent is disconnected", metadata: .of([.agent: link.agentID, .reason: reason]))
        }
    }

    /// A certificate that was renewed takes the place of the old one when it is used.
    private func noteCertificate(of link: RemoteLink) async {
        guard let renewal = registry.uses(agent: link.agentID, fingerprint: link.fingerprint) else { return }
        do throws(LedgerError) {
            _ = try await ledger.renewCertificate(
                agent: renewal.agentID, serial: renewal.serial, fingerprint: renewal.fingerprint,
                authority: renewal.authority)
        } catch {
            // Until the next start the registry knows; after it, both are good again.
            logger.error(
                "Renewed certificate was not kept", metadata: .of([.agent: link.agentID, .error: error]))
        }
    }

    private func saw(_ sighting: AgentSighting, connected: Bool, save: Bool) {
        registry.saw(sighting, connected: connected)
        // The ledger itself logs what it cannot keep.
        if save { ledger.enqueue([.sighting(sighting)]) { _ in } }
    }
}
