#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

int32_t edr_become_reaper(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0
        && (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0)) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        (void)sigaction(SIGCHLD, &standard, NULL);
    }
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

// The C library's own wrapper came with glibc 2.36.
int32_t edr_pidfd_open(int32_t pid) { return (int32_t)syscall(SYS_pidfd_open, pid, 0); }

int32_t edr_reap(int32_t pidfd, int32_t *exit_status, int32_t *signal) {
    siginfo_t info = {0};
    // 3 is P_PIDFD, a name that came with glibc 2.36 too.
    if (waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *exit_status = info.si_code == CLD_EXITED ? info.si_status : -1;
    *signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    return 1;
}

int32_t edr_open_path(int32_t folder, const char *path) {
    return openat(folder, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int32_t edr_is_delegated(const char *folder) {
    char value = 0;
    // The first is that of systemd before 251 and of groups of the system, the second that of users' own.
    return (getxattr(folder, "trusted.delegate", &value, 1) == 1 && value == '1')
        || (getxattr(folder, "user.delegate", &value, 1) == 1 && value == '1');
}

void edr_trim_memory(void) { (void)malloc_trim(0); }

void edr_name_thread(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }

int32_t edr_pipe(int32_t *reader, int32_t *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

int32_t edr_set_nonblocking(int32_t fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int32_t edr_reserve(int32_t fd, int64_t from, int64_t length) {
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, from, length);
}

int32_t edr_bytes_in_pipe(int32_t fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

int32_t edr_is_read_call(int64_t number) { return number == SYS_read; }

int32_t edr_is_waiting_call(int64_t number) {
    switch (number) {
#ifdef SYS_poll
    case SYS_poll:
#endif
#ifdef SYS_select
    case SYS_select:
#endif
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait: return 1;
    default: return 0;
    }
}

int32_t edr_eventfd(void) { return eventfd(0, EFD_CLOEXEC); }

int32_t edr_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int32_t edr_epoll_add(int32_t epoll, int32_t fd, enum edr_epoll_interest interest, uint64_t token) {
    static const uint32_t events[] = {
        [EDR_EPOLL_READABLE] = EPOLLIN,
        [EDR_EPOLL_READABLE_EDGE] = EPOLLIN | EPOLLET,
        [EDR_EPOLL_WRITABLE] = EPOLLOUT,
    };
    struct epoll_event event = {.events = events[interest], .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int32_t edr_epoll_remove(int32_t epoll, int32_t fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int32_t edr_epoll_wait(int32_t epoll, uint64_t *tokens, int32_t capacity) {
    struct epoll_event events[128];
    int count = epoll_wait(epoll, events, capacity < 128 ? capacity : 128, -1);
    for (int index = 0; index < count; index++) tokens[index] = events[index].data.u64;
    return count;
}

int32_t edr_boot_timer(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int32_t edr_boot_timer_set(int32_t timer, int64_t milliseconds) {
    struct itimerspec time = {.it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, NULL);
}

int32_t edr_clock_watch(void) {
    int watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch >= 0) (void)edr_clock_watch_rearm(watch);
    return watch;
}

int32_t edr_clock_watch_rearm(int32_t watch) {
    uint64_t count;
    (void)!read(watch, &count, sizeof count);
    // A time that never comes: the timer is only there to be cancelled by the clock's being set.
    struct itimerspec time = {.it_value = {.tv_sec = 1LL << 36}};
    return timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &time, NULL);
}
