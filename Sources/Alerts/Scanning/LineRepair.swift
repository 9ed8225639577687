/// Makes a line that is not UTF-8 one that is.
///
/// Wazuh up to 4.14 copies the bytes of a log into its alerts as they came (wazuh/wazuh #38561). Whoever may choose a
/// byte of a log, such as of a user name at a login, could make the whole alert no JSON and so ward off the response.
/// A source therefore repairs a line that was refused with ``JSONProblem/invalidUTF8`` and scans it once more.
package enum LineRepair {
    /// The line with U+FFFD in place of what is not UTF-8; a line that is UTF-8 stays as it is.
    ///
    /// Bytes of ASCII are never touched, so no quote, bracket or escape comes or goes. What is passed on from then
    /// on, to the white list as to the script, is the repaired line: nobody can read it differently.
    package static func wellFormed(_ line: UnsafeRawBufferPointer) -> [UInt8] {
        Array(String(decoding: line, as: UTF8.self).utf8)
    }
}
