/// How long a frame may be on a connection, in bytes after its length field.
package enum FrameLimit {
    /// Between manager and enrolled agent: the largest alert in an order, and room for the order's other fields.
    package static let agent = 1024 * 1024 + 64 * 1024
    /// On a connection whose other side nobody knows yet.
    package static let enrollment = 16 * 1024
}
