/// Something that should hold for every input and did not hold for this one.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Throws a ``Violation`` unless the condition holds.
func demand(_ holds: Bool, _ description: @autoclosure () -> String) throws(Violation) {
    guard holds else { throw Violation(description()) }
}
