import Foundation

/// The sanitizer that the tests and our programs were built for.
package enum Sanitizer {
    /// Whether there is one; `scripts/test --sanitize` says so.
    ///
    /// Everything takes several times the memory and time then, so what is measured is not ours.
    package static let isOn = ProcessInfo.processInfo.environment["EDR_SANITIZER"] != nil
}
