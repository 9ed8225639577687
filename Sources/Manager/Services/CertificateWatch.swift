import ServiceLifecycle
import TLS

/// Looks once a day, or more often when certificates live shorter, whether the manager's own is to be made anew.
struct CertificateWatch: Service {
    let desk: AuthorityDesk
    /// How long the manager's certificates are good, in seconds.
    let lifetime: Int64
    let clock: any Clock<Duration>
    /// The wall clock in seconds since 1970.
    let now: @Sendable () -> Int64

    func run() async throws {
        // A certificate is made anew when a third of its life is left: this is seen twice before it ends.
        let interval = Duration.seconds(min(lifetime / 6, 24 * 3600))
        await cancelWhenGracefulShutdown {
            while (try? await clock.sleep(for: interval)) != nil { desk.refresh(now: now()) }
        }
    }
}
