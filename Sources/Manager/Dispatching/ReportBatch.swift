/// Reports that came over one link together, in their order.
struct ReportBatch: Sendable {
    let agent: String
    let link: any AgentLink
    let reports: [AgentReport]
}
