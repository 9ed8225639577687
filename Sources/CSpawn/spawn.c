#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the child executes in the parent's memory is compiled without a sanitizer's notes about it: they would be taken
/// for the parent's. For the same reason the child makes system calls itself where sanitizers put functions of their own
/// before the C library's (those about signals, dup2, close, prctl, _exit).
#define IN_CHILD __attribute__((disable_sanitizer_instrumentation))

/// The C library's vfork, under the name that ThreadSanitizer leaves alone: it makes a fork of the other, and the errno
/// of a child that shares no memory would never reach us.
extern pid_t __vfork(void) __attribute__((returns_twice));

/// The signals whose disposition may differ from the default in this process: what was found so at the first spawn, and
/// what libraries take over at any time (SIGPIPE by SwiftNIO, the stop signals and SIGHUP by the services).
///
/// Resetting all 64 would be right too, and would make every start some 50 us slower.
static sigset_t altered_signals;

static void find_altered_signals(void) {
    static const int always[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD};
    sigemptyset(&altered_signals);
    for (size_t index = 0; index < sizeof always / sizeof *always; index++) sigaddset(&altered_signals, always[index]);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL) sigaddset(&altered_signals, number);
    }
}

/// The size of a set of signals in bytes, as the kernel counts it.
enum { KERNEL_MASK = (NSIG - 1) / 8 };

/// dup2(2) for two descriptors that differ.
IN_CHILD static int duplicate(int from, int to) { return (int)syscall(SYS_dup3, from, to, 0); }

/// Lowers a limit for good; 0 leaves it as it is.
IN_CHILD static int lower(int resource, uint64_t value) {
    struct rlimit limit;
    if (value == 0) return 0;
    if (getrlimit(resource, &limit) != 0) return errno;
    if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

/// Becomes somebody else for good.
///
/// By the system calls themselves: the C library's functions do the same to all threads, which are the parent's.
IN_CHILD static int become_user(const struct edr_spawn_user *user) {
    if (syscall(SYS_setgroups, (size_t)user->group_count, user->groups) != 0) return errno;
    if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) != 0) return errno;
    if (syscall(SYS_setresuid, user->uid, user->uid, user->uid) != 0) return errno;
    return syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

/// Runs in the child, in the parent's memory: plain system calls only, no locks, no allocation.
/// Returns the errno of what failed; on success it does not return.
IN_CHILD static int become(const struct edr_spawn_request *request) {
    // An ignored signal stays ignored across exec, and a handler must not run here in the parent's memory:
    // all back to the default before the mask is lifted.
    // Zeros are the kernel's form of it: SIG_DFL, no flags, an empty mask; on no architecture more than four words.
    static const unsigned long by_default[4] = {(unsigned long)SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&altered_signals, number) != 1) continue;
        (void)syscall(SYS_rt_sigaction, number, by_default, NULL, KERNEL_MASK);
    }

    // Moved out of the way first: either may be 0, 1 or 2 when the daemon was started with those closed.
    int input = fcntl(request->input, F_DUPFD, 3);
    int output = fcntl(request->output, F_DUPFD, 3);
    if (input < 0 || output < 0) return errno;
    int program = -1;
    if (request->program >= 0) {
        program = fcntl(request->program, F_DUPFD, 3);
        if (program < 0) return errno;
    }
    if (duplicate(input, 0) < 0 || duplicate(output, 1) < 0 || duplicate(output, 2) < 0) return errno;
    unsigned first = 3;
    if (program >= 0) {
        // What is executed stays open until then, and no longer.
        if (program != 3 && duplicate(program, 3) < 0) return errno;
        if (fcntl(3, F_SETFD, FD_CLOEXEC) != 0) return errno;
        first = 4;
    }
    if (syscall(SYS_close_range, first, UINT_MAX, 0) != 0) {
        // Linux before 5.9.
        struct rlimit descriptors;
        if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur > 1 << 20) return EMFILE;
        for (int descriptor = (int)first; descriptor < (int)descriptors.rlim_cur; descriptor++) {
            (void)syscall(SYS_close, descriptor);
        }
    }

    if (setsid() < 0) return errno;
    if (chdir(request->directory) < 0) return errno;
    umask(022);
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
    // The daemon may have raised its own; programs with select(2) break above 1024.
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 1024) {
        limit.rlim_cur = 1024;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }

    int error = lower(RLIMIT_FSIZE, request->file_size);
    if (error == 0) error = lower(RLIMIT_NPROC, request->processes);
    if (error == 0) error = lower(RLIMIT_AS, request->memory);
    if (error == 0 && request->user != NULL) error = become_user(request->user);
    if (error != 0) return error;

    static const unsigned char none[KERNEL_MASK] = {0};
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, KERNEL_MASK);
    if (program >= 0) {
        syscall(SYS_execveat, 3, "", request->arguments, request->environment, AT_EMPTY_PATH);
        return errno;
    }
    execve(request->path, request->arguments, request->environment);
    return errno;
}

/// The child's part, in a frame of its own: what it leaves on the stack is below all that the parent still needs.
IN_CHILD __attribute__((noinline, noreturn)) static void run_child(
    const struct edr_spawn_request *request, volatile int *failure) {
    *failure = become(request);
    for (;;) (void)syscall(SYS_exit_group, 127);
}

/// vfork into a control group, which saves moving the child there: that can take milliseconds.
///
/// The C library has no such function, and its syscall() cannot return twice on one stack.
IN_CHILD __attribute__((noinline)) static pid_t vfork_into_group(
    const struct edr_spawn_request *request, volatile int *failure) {
#if defined(CLONE_INTO_CGROUP) && (defined(__x86_64__) || defined(__aarch64__))
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)request->group,
    };
#if defined(__x86_64__)
    long result = SYS_clone3;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(&arguments), "S"(sizeof arguments)
                     : "rcx", "r11", "memory");
#else
    register long number __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)&arguments;
    register long size __asm__("x1") = sizeof arguments;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(number), "r"(size) : "memory");
#endif
    if (result == 0) run_child(request, failure);
    if (result > 0) return (pid_t)result;
    errno = (int)-result;
    return -1;
#else
    (void)request;
    (void)failure;
    errno = ENOSYS;
    return -1;
#endif
}

IN_CHILD int32_t edr_spawn(const struct edr_spawn_request *request, int32_t *pid, int32_t *pidfd) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_altered_signals);

    // No signal may be handled by the child before it has reset the handlers.
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);

    volatile int failure = 0;
    pid_t child = request->group >= 0 ? vfork_into_group(request, &failure) : __vfork();
    if (child == 0) run_child(request, &failure);
    int error = child < 0 ? errno : failure;
    if (child > 0 && error == 0) {
        // The pid cannot be reused before we reap it, so this opens the process that we made.
        *pidfd = edr_pidfd_open(child);
        if (*pidfd < 0) {
            error = -errno;
            kill(-child, SIGKILL);
        }
        *pid = child;
    }
    if (child > 0 && error != 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    // The child waits for this processor, since vfork made it here: the script goes first, then our bookkeeping.
    if (error == 0) sched_yield();
    return error;
}
