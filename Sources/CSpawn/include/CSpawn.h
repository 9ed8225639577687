/// Starts a program by vfork, and wraps the Linux calls around it that Swift's Glibc overlay lacks.
///
/// No system header is included and no system type appears here: the declarations of such a header would belong to
/// this module, and every Swift file that uses `timespec` and the like would have to import it.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <stdint.h>

/// What to start, and how. All pointers must stay valid during the call.
struct edr_spawn_request {
    /// The program: absolute, or relative to `directory`. Not searched for in PATH. It is also what a script
    /// sees as `$0`, because the kernel hands this very path to the interpreter of a `#!` line.
    const char *path;
    /// The arguments, from argv[0] on, ended by NULL.
    char *const *arguments;
    /// The environment, ended by NULL.
    char *const *environment;
    /// The working directory.
    const char *directory;
    /// Becomes standard input.
    int32_t input;
    /// Becomes standard output and standard error.
    int32_t output;
    /// A descriptor of the file that is executed instead of what `path` leads to; -1 for none. Not for `#!` scripts,
    /// whose interpreter opens a path.
    int32_t program;
    /// The control group (cgroup v2) that the program is started in: a descriptor of its folder; -1 for the caller's own.
    int32_t group;
    /// Who the program runs as, with new privileges out of its reach; NULL for the caller.
    const struct edr_spawn_user *user;
    /// The most bytes of address space (RLIMIT_AS); 0 for the caller's limit.
    uint64_t memory;
    /// The largest file that it may write, in bytes (RLIMIT_FSIZE); 0 for the caller's limit.
    uint64_t file_size;
    /// The most processes of its user, who must not be root (RLIMIT_NPROC); 0 for the caller's limit.
    uint64_t processes;
};

/// A user with his groups.
struct edr_spawn_user {
    uint32_t uid;
    uint32_t gid;
    /// All of his groups.
    const uint32_t *groups;
    int32_t group_count;
};

/// Starts a program in a session and process group of its own, with every signal at its default, no core file,
/// file mode mask 022, at most 1024 files and no descriptor but 0, 1 and 2.
///
/// vfork, not fork: the cost does not grow with the daemon's memory, and the child shares our memory until it
/// executes, so its errno reaches us without a pipe. The caller's thread waits until then.
///
/// @param pid    set to the new process
/// @param pidfd  set to a descriptor (close-on-exec) that becomes readable when the process ends
/// @return 0, or the errno of what failed; then no process is left behind. The negative errno when the program had begun
///         and could not be watched: it was killed, and may have done anything before.
int32_t edr_spawn(const struct edr_spawn_request *request, int32_t *pid, int32_t *pidfd);

/// Orphaned descendants become children of this process instead of init's, so that they can be reaped here.
///
/// SIGCHLD is not ignored from then on: whoever starts a program with it ignored makes its children vanish unreaped, with
/// their exit statuses.
int32_t edr_become_reaper(void);

/// A close-on-exec descriptor for a process, readable when it ends; -1 and errno on failure.
int32_t edr_pidfd_open(int32_t pid);

/// Reaps the ended child behind a pidfd without waiting.
///
/// @param exit_status  the exit status, or -1 when a signal ended it
/// @param signal       the signal that ended it, or 0
/// @return 1 when the child was reaped, 0 when it has not ended yet, -1 and errno on failure
int32_t edr_reap(int32_t pidfd, int32_t *exit_status, int32_t *signal);

/// A close-on-exec descriptor that stands for what is at a path, without opening it for reading (O_PATH); a link
/// at its end stands for itself. -1 and errno on failure.
///
/// @param folder  the folder from which a relative path is taken
int32_t edr_open_path(int32_t folder, const char *path);

/// Whether a folder of cgroup v2 was handed to its processes to make groups in, by the mark that systemd sets with
/// `Delegate=yes`.
int32_t edr_is_delegated(const char *folder);

/// Names the calling thread, for `ps -L`: at most 15 bytes.
void edr_name_thread(const char *name);

/// Gives memory that is not in use back to the system.
void edr_trim_memory(void);

/// A close-on-exec pipe whose ends block; -1 and errno on failure.
int32_t edr_pipe(int32_t *reader, int32_t *writer);

/// Makes reading from or writing to a descriptor return EAGAIN instead of waiting.
int32_t edr_set_nonblocking(int32_t fd);

/// Has the disk set place aside for bytes behind a file's end, whose size stays; -1 and errno on failure.
int32_t edr_reserve(int32_t fd, int64_t from, int64_t length);

/// How many bytes wait in a pipe, seen from either end; -1 and errno on failure.
int32_t edr_bytes_in_pipe(int32_t fd);

/// Whether a system call's number, as `/proc/PID/syscall` gives it, is that of read(2).
int32_t edr_is_read_call(int64_t number);

/// Whether this is the number of a system call that waits for descriptors: poll(2), select(2), epoll_wait(2).
int32_t edr_is_waiting_call(int64_t number);

/// A close-on-exec eventfd with the count 0; -1 and errno on failure.
int32_t edr_eventfd(void);

/// A close-on-exec epoll instance; -1 and errno on failure.
int32_t edr_epoll(void);

/// When a watched descriptor is reported.
enum edr_epoll_interest {
    /// As long as it is readable, or closed by the other side.
    EDR_EPOLL_READABLE,
    /// Once each time that something new can be read.
    EDR_EPOLL_READABLE_EDGE,
    /// As long as there is room to write.
    EDR_EPOLL_WRITABLE,
};

/// Watches a descriptor; its events carry the token.
int32_t edr_epoll_add(int32_t epoll, int32_t fd, enum edr_epoll_interest interest, uint64_t token);

/// Ends a watch.
int32_t edr_epoll_remove(int32_t epoll, int32_t fd);

/// Waits, without limit, for at most 128 events and writes their tokens.
/// @return how many there are; -1 and errno on failure
int32_t edr_epoll_wait(int32_t epoll, uint64_t *tokens, int32_t capacity);

/// A close-on-exec, nonblocking timer on CLOCK_BOOTTIME, which goes on while the machine sleeps; -1 on failure.
int32_t edr_boot_timer(void);

/// Sets a timer to a time of CLOCK_BOOTTIME in milliseconds, past ones ring at once; 0 switches it off.
int32_t edr_boot_timer_set(int32_t timer, int64_t milliseconds);

/// A close-on-exec, nonblocking descriptor that becomes readable when the wall clock is set; -1 on failure.
int32_t edr_clock_watch(void);

/// Makes it unreadable again, until the clock is set the next time.
int32_t edr_clock_watch_rearm(int32_t watch);

#endif
