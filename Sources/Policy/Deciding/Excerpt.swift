/// A text of an alert for a reason: short, and without what could forge a line of a log or drive a terminal.
func excerpt(_ text: String) -> String {
    let limit = 200
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) { result.append(isControl(scalar) ? "?" : scalar) }
    if text.unicodeScalars.dropFirst(limit).first != nil { result.append("…") }
    return String(result)
}

/// Whether a scalar is a C0 or C1 control character.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
}
