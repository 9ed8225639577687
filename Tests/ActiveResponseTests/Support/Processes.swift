import Glibc

/// Waits until a process is gone for good, reaped and all.
func waitForEnd(of pid: pid_t) async {
    while kill(pid, 0) == 0, !Task.isCancelled { await Task.yield() }
}
