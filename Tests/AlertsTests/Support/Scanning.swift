import Alerts

/// Scans bytes the way a source does.
func scan(_ bytes: [UInt8]) throws(AlertError) -> AlertFields {
    try bytes.withUnsafeBufferPointer { bytes throws(AlertError) in
        var scanner = AlertScanner()
        return try scanner.scan(UnsafeRawBufferPointer(bytes))
    }
}

func scan(_ text: String) throws(AlertError) -> AlertFields {
    try scan(Array(text.utf8))
}

/// Whether the scanner takes the bytes for JSON, be it an alert or not.
func isJSON(_ bytes: [UInt8]) -> Bool {
    do {
        _ = try scan(bytes)
        return true
    } catch {
        switch error {
        case .notJSON, .tooLong: return false
        case .notAnObject, .missing, .invalid, .isOf: return true
        }
    }
}

func alert(_ text: String) throws(AlertError) -> Alert {
    try Alert(json: Array(text.utf8))
}

/// Why a text is no alert; nil when it is one.
func error(_ text: String) -> AlertError? {
    do {
        _ = try scan(text)
        return nil
    } catch {
        return error
    }
}
