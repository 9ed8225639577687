import Hummingbird
import ManagerSettings
import NIOCore

/// The context of a control request: also who asks.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Nil until ``AccessMiddleware`` has found out.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Refuses who may not do what takes this role.
    func require(_ role: ControlRole) throws(ControlFailure) {
        try known().require(role)
    }

    /// Who asks for a change.
    func author(person: String?, reason: String?) throws(ControlFailure) -> Author {
        try Author(caller: known(), person: person, reason: reason)
    }

    private func known() throws(ControlFailure) -> Caller {
        guard let caller else { throw ControlFailure(.unauthorized, "nobody knows who asks for this") }
        return caller
    }
}
