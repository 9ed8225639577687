/// One thing that goes wrong in a drill.
package struct Fault: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case killManager = "kill-manager"
        case killAgent = "kill-agent"
        case killBoth = "kill-both"
        case stopManager = "stop-manager"
        case stopAgent = "stop-agent"
        case cutLink = "cut-link"
        case stallLink = "stall-link"
        /// kill -9 of an agent, and its journal ends in the middle of a record.
        case tearJournal = "tear-journal"
        /// Half a line in the source, completed later.
        case tearSource = "tear-source"
        /// The source is renamed and begun anew.
        case rotateRename = "rotate-rename"
        /// The source is copied and cut to nothing.
        case rotateCopy = "rotate-copy"
        /// No byte fits on the disk of the manager's home.
        case fillDisk = "fill-disk"

        /// How many programs it kills at least.
        package var kills: Int {
            switch self {
            case .killManager, .killAgent, .tearJournal: 1
            case .killBoth: 2
            default: 0
            }
        }
    }

    package var kind: Kind
    /// Which agent it meets, from 0.
    package var agent: Int
    /// Quiet time before it, in milliseconds.
    package var pause: Int
    /// How long it lasts, in milliseconds.
    package var length: Int
    /// The killed program is killed again so many milliseconds after it was started again.
    package var again: Int?
    /// The manager is killed in the middle of it.
    package var killsManager: Bool
    /// Chooses between the forms of a fault: which direction of a link stalls, how a journal's end is torn.
    package var variant: Int

    package init(
        kind: Kind, agent: Int, pause: Int, length: Int, again: Int? = nil, killsManager: Bool = false, variant: Int = 0
    ) {
        self.kind = kind
        self.agent = agent
        self.pause = pause
        self.length = length
        self.again = again
        self.killsManager = killsManager
        self.variant = variant
    }

    /// How many programs it kills.
    package var kills: Int { kind.kills * (again == nil ? 1 : 2) + (killsManager ? 1 : 0) }
}
