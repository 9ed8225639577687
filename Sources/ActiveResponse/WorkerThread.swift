import CSpawn
import Glibc

/// Threads of our own.
///
/// All signals are blocked in them: those meant for the daemon go to its other threads, and a pipe that a script has
/// closed is an error of write(2) here, not SIGPIPE.
enum WorkerThread {
    private static let stackSize = 512 * 1024

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that runs the body to its end.
    ///
    /// - Parameter name: at most 15 bytes, for `ps -L`.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ResponseError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let context = Unmanaged.passRetained(Body(name, body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
                edr_name_thread(body.name)
                body.run()
                return nil
            }, context.toOpaque())
        guard error == 0 else {
            context.release()
            throw ResponseError("cannot start the thread \"\(name)\"", errno: error)
        }
    }
}
