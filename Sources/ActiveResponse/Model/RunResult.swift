import Glibc

/// How one execution of a script ended.
package struct RunResult: Sendable, Equatable {
    /// The exit status; nil when a signal ended the script.
    package var exitStatus: Int32?
    package var signal: Int32?
    package var durationMilliseconds: Int64
    /// The last part of what it printed.
    package var output: [UInt8]
    /// Why it did not end by itself, such as `killed after 60 s`; empty when it did.
    package var detail: String
    /// Whether nobody saw how it ended: the daemon was restarted while it ran.
    package var isLost: Bool

    package init(
        exitStatus: Int32?, signal: Int32? = nil, durationMilliseconds: Int64 = 0, output: [UInt8] = [],
        detail: String = "", isLost: Bool = false
    ) {
        self.exitStatus = exitStatus
        self.signal = signal
        self.durationMilliseconds = durationMilliseconds
        self.output = output
        self.detail = detail
        self.isLost = isLost
    }

    /// Whether nobody had to end it.
    ///
    /// A script that was told to end at its time limit can still exit with 0.
    package var endedByItself: Bool { detail.isEmpty && signal == nil }

    package var succeeded: Bool { endedByItself && exitStatus == 0 }
}

/// One execution of a script that shall begin.
package struct Run: Sendable, Equatable {
    package enum Action: String, Sendable {
        case add
        case delete
        /// Bring back all that is in force of this script.
        case restore
    }

    package let action: Action
    package let order: Order
    /// Seconds for which the response holds, repetitions counted in; 0 for a stateless one.
    package let timeout: Int64
    /// The text for standard input in place of the JSON object, without the last line break.
    package let input: String?

    package init(action: Action, order: Order, timeout: Int64, input: String? = nil) {
        self.action = action
        self.order = order
        self.timeout = timeout
        self.input = input
    }
}

/// Why a script did not run at all, or was not left to run.
package enum StartFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The order is not one that this machine runs.
    case refused(String)
    /// The system could not start the script.
    case failed(String)
    /// The script had begun and was ended at once: nobody knows what it did.
    case cutShort(String)

    package var description: String {
        switch self {
        case .refused(let reason), .failed(let reason), .cutShort(let reason): reason
        }
    }

    /// The reason of ``cutShort(_:)``.
    static func unwatched(_ error: Int32) -> String {
        "it could not be watched and was ended: \(String(cString: strerror(error)))"
    }
}
