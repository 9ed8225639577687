# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # what is set for the script, and by response.sh
# Telling which process is meant, for the scripts that kill. Sourced after response.sh.
#
# A process id is used again after its process ended; an id and the start of its process are not. Everything here is
# read from /proc without starting a program where it can be, so that little happens between a look and a signal.

# read_process_id TEXT: sets $pid; ends the script when TEXT is none, or is process 1.
read_process_id() {
    pid=$1
    show "$pid"
    case $pid in
    '') fail "the process id is missing; it is the first extra argument" ;;
    *[!0-9]* | 0* | ????????????*) fail "$shown is not a process id" ;;
    1) fail "process 1 runs this system; refused" ;;
    esac
}

# read_stat PID: sets $name, $state, $parent, $jobs (its process group), $session, $flags and $ticks (its start, in clock ticks since boot).
# A process may give itself any name, with blanks, brackets and line breaks: what counts stands after the last ")".
read_stat() {
    stat=
    while IFS= read -r line || [ -n "$line" ]; do
        stat="$stat$line "
    done 2>/dev/null <"/proc/$1/stat"
    case $stat in
    *") "*) ;;
    *) return 1 ;;
    esac
    name=${stat#*\(}
    name=${name%\)*}
    # shellcheck disable=SC2086 # numbers
    set -- ${stat##*\) }
    [ $# -ge 20 ] || return 1
    state=$1 parent=$2 jobs=$3 session=$4 flags=$7
    shift 19
    ticks=$1
}

# thread_group PID: sets $group to the process that a thread belongs to.
thread_group() {
    group=
    while read -r key value; do
        [ "$key" != Tgid: ] || group=$value
    done 2>/dev/null <"/proc/$1/status"
}

# has_ended PID TICKS: whether the process that had this id, and started then, is no more, or is dead and only waits
# for its parent.
has_ended() {
    ! read_stat "$1" || [ "$ticks" != "$2" ] || case $state in Z | X | x) true ;; *) false ;; esac
}

# Sets $lineage to this script and what led to it, and $daemons to the folder of the daemon among them, if any.
read_lineage() {
    lineage=' '
    daemons=
    ancestor=$$
    while [ "$ancestor" -gt 0 ] && read_stat "$ancestor"; do
        lineage="$lineage$ancestor "
        case $name in
        edr-agent | edr-manager)
            daemons=$(readlink -- "/proc/$ancestor/exe")
            daemons=${daemons%/*}
            ;;
        esac
        ancestor=$parent
    done
}

# is_ours PID: whether it is this script, one that led to it, or one of our daemons; sets $reason. After read_lineage.
is_ours() {
    case $lineage in
    *" $1 "*)
        reason="process $1 is this script or runs it"
        return
        ;;
    esac
    if [ -n "$daemons" ]; then
        # Another daemon of the same installation. A program that merely has its name is not protected.
        program=$(readlink -- "/proc/$1/exe")
        case $program in
        "$daemons/edr-agent" | "$daemons/edr-manager")
            reason="process $1 is ${program##*/}"
            return
            ;;
        esac
    fi
    for daemon in edr-agent edr-manager; do
        daemon_pid=
        [ ! -r "${EDR_HOME:-/var/edr}/run/$daemon.pid" ] || read -r daemon_pid <"${EDR_HOME:-/var/edr}/run/$daemon.pid"
        reason="process $1 is $daemon"
        [ "$daemon_pid" != "$1" ] || return 0
    done
    return 1
}

# date_to_milliseconds TEXT: sets $alert_time.
date_to_milliseconds() {
    case $1 in
    *[!0-9TZ:.+-]* | '') return 1 ;;
    esac
    alert_time=$(date -d "$1" +%s%3N 2>/dev/null)
}

# find_alert_time ALERT-ID: sets $alert_time to unix milliseconds.
find_alert_time() {
    alert_time=${EDR_ALERT_TIME-}
    case $alert_time in
    '') ;;
    *[!0-9]* | 0* | ???????????????*)
        show "$alert_time"
        fail "EDR_ALERT_TIME is $shown; it has to be unix milliseconds"
        ;;
    *) return 0 ;;
    esac
    # Standard input may be a terminal, or a pipe that nobody ever writes to or closes.
    if [ ! -t 0 ]; then
        alert=$(timeout 2 head -n 1 2>/dev/null)
        # Wazuh writes the time as the first member. One that stands elsewhere may be from the log that was
        # attacked, and does not count; quotes inside of values have a backslash before them.
        case $alert in
        *'"alert":{'*)
            alert=${alert#*\"alert\":\{}
            case $alert in
            '"timestamp":"'*)
                alert=${alert#\"timestamp\":\"}
                date_to_milliseconds "${alert%%\"*}" && return 0
                ;;
            esac
            ;;
        esac
    fi
    case $1 in
    [1-9]*.*) ;;
    *) return 1 ;;
    esac
    seconds=${1%%.*}
    case $seconds in
    *[!0-9]* | ????????????*) return 1 ;;
    esac
    alert_time=$((seconds * 1000 + 999)) # the end of that second
}

# Sets $uptime to milliseconds since boot.
read_uptime() {
    read -r uptime rest </proc/uptime
    hundredths=${uptime#*.}
    uptime=$((${uptime%.*} * 1000 + ${hundredths#0} * 10))
}

# find_process ALERT-ID: makes sure that process $pid is one that may be killed and the one that the alert means; else
# ends the script, with status 0 when there is no such process any more. Sets $start and $victim (its name, for messages).
find_process() {
    thread_group "$pid"
    if ! read_stat "$pid" || [ -z "$group" ]; then
        say "there is no process $pid (any more)"
        exit 0
    fi
    [ "$group" = "$pid" ] || fail "$pid is a thread of process $group; refused"
    [ $((flags & 0x200000)) -eq 0 ] || fail "process $pid is a kernel thread; refused"
    start=$ticks
    show "$name"
    victim=$shown
    if has_ended "$pid" "$start"; then
        say "process $pid ($victim) has ended already"
        exit 0
    fi
    read_lineage
    ! is_ours "$pid" || fail "$reason; refused"

    find_alert_time "$1" || fail "the time of the alert is unknown, so a process id that was used again could not be" \
        "told apart; set EDR_ALERT_TIME to unix milliseconds"
    now=$(date +%s%3N)
    read_uptime # after the clock: what is lost between the two makes the process older, not younger
    frequency=$(getconf CLK_TCK) || frequency=100
    started=$((now - uptime - 10 + start * 1000 / frequency))
    [ "$started" -le "$alert_time" ] || fail "process $pid ($victim) started $((started - alert_time)) ms after the" \
        "alert was raised, so it is not the one that is meant; refused"
}
