# shellcheck shell=sh
# What the shipped response scripts share: messages, the dialogue about keys, a lock. It is sourced by them and is no
# response itself: it is not executable, and the daemon runs nothing that is not.
#
# No value that comes from an alert is ever split into words, matched against file names or evaluated.

set -f
LC_ALL=C # the messages of nft and iptables are compared below, and ranges like [a-f] mean bytes
export LC_ALL

response=${0##*/}
newline='
'

# say TEXT…: tells what was done. One line: it is shown as the result of the response.
say() {
    printf '%s: %s\n' "$response" "$*"
}

# fail TEXT…: tells what is wrong, and ends the script.
fail() {
    printf '%s: %s\n' "$response" "$*" >&2
    exit 1
}

# show VALUE: sets $shown to the value in a form that is safe in a one-line message.
show() {
    case $1 in
    *[![:print:]]*) shown="unprintable text" ;;
    *) shown="\"$1\"" ;;
    esac
    [ ${#shown} -le 120 ] || shown="a text of ${#1} characters"
}

# first_line TEXT: sets $shown to the first line of a tool's message.
first_line() {
    shown=${1%%"$newline"*}
    shown=${shown#Error: }
    [ -n "$shown" ] || shown="no reason was given"
}

# read_action "$@": sets $action; the arguments are add|delete user ip alert-id rule-id agent file extra…
read_action() {
    action=${1-}
    case $action in
    add | delete) ;;
    '') fail "usage: $response add|delete USER IP ALERT-ID RULE-ID AGENT FILE [EXTRA…], with \"-\" for what is missing" ;;
    *)
        show "$action"
        fail "the first argument is $shown; it has to be \"add\" or \"delete\""
        ;;
    esac
}

# json_text VALUE: sets $quoted to the printable value as a string of JSON.
json_text() {
    quoted=$1
    case $quoted in
    *[\"\\]*) quoted=$(printf '%s' "$quoted" | sed 's/[\"\\]/\\&/g') ;;
    esac
    quoted=\"$quoted\"
}

# claim KEY…: for "add", after everything was checked and before anything is locked or done. Tells the agent what this
# script acts on: two alerts about one address may name different users, and the undo of the first ban would lift the
# second one too. While another response is in force for the same keys, that one is prolonged, and the script ends here.
# Without keys it is one thing for all alerts. Started by hand (EDR_DISPATCH_ID is missing) nobody is asked.
claim() {
    [ -n "${EDR_DISPATCH_ID-}" ] && [ ! -t 0 ] || return 0
    # By head, because the shell reads byte by byte and an alert may be long. It may swallow more than the line, but
    # nothing more is there before the question. No line: the order came without a message, so there is no answer.
    [ "$(head -n 1 | wc -c)" -gt 0 ] || return 0
    keys=
    for key; do
        json_text "$key"
        keys=$keys${keys:+,}$quoted
    done
    printf '{"version":1,"origin":{"name":"%s","module":"active-response"},' "$response"
    printf '"command":"check_keys","parameters":{"keys":[%s]}}\n' "$keys"
    answer=$(head -n 1)
    # Behind "parameters" stands the alert, in which anybody may have written anything.
    case ${answer%%\"parameters\"*} in
    *'"command":"abort"'*)
        say "${*:-this} is taken care of by a response in force, which was prolonged; nothing to do"
        exit 0
        ;;
    esac
}

# take_lock NAME: waits for the lock of that name and holds it until the script ends. The kernel gives it back
# however the script ends, so there is no stale lock.
take_lock() {
    command -v flock >/dev/null || fail "flock is missing; install the package util-linux"
    exec 9>>"/run/edr-$1.lock"
    flock -w 30 9 || fail "the lock /run/edr-$1.lock was not free within 30 s; nothing was done"
}
