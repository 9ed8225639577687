/// What a script is started with beyond its arguments: the ``Containment`` of its order, as this machine has it.
struct Confinement {
    /// The file that is executed by its descriptor; nil when it is found by its path.
    var program: CheckedFile?
    /// Nil for the daemon's own.
    var user: ScriptUser?
    /// Nil where there are no control groups.
    var group: RunGroup?
    /// In bytes; 0 for no limit.
    var memory: UInt64 = 0
    /// In bytes; 0 for no limit.
    var fileSize: UInt64 = 0
    /// Of the user; 0 for no limit.
    var processes: UInt64 = 0
}
