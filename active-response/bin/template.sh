#!/bin/sh
# A response to copy and to change: docs/how-to/write-a-script.md goes through it line by line.
#
#   template.sh add|delete USER IP ALERT-ID RULE-ID AGENT FILE [EXTRA…]
#
# As it stands it keeps one file per address in run/template, which harms nobody.
set -u # a misspelt variable is an error, not an empty text

# What happened, and to what. Values come from an alert, so from whoever writes into your logs: each is one word,
# whatever it contains. Write "$address", never $address, and never hand it to eval or sh -c. What the alert does not
# have is "-".
action=${1-}
# user=${2-}
address=${3-}
# alert=${4-} rule=${5-} agent=${6-} file=${7-}
# From the eighth on: the words of <extra_args>.

# The daemon sets these (and EDR_TIMEOUT, EDR_DISPATCH_ID, …); the default is for a start by hand.
home=${EDR_HOME:-/var/edr}

# Wazuh's whole alert is one line of JSON on standard input. Read it only if you need it; for example:
#   level=$(head -n 1 | jq -r '.parameters.alert.rule.level')

# What is said ends up in "edr-control responses show ID"; so say what was done, or what to do about a failure.
say() {
    printf 'template: %s\n' "$*"
}
fail() {
    printf 'template: %s\n' "$*" >&2
    exit 1
}

# Check what you use, even though the daemon did: it is the last chance before it becomes a file name or a rule.
case $address in
'' | *[!0-9A-Fa-f.:]*) fail "the third argument has to be an IP address" ;;
esac

marker=$home/run/template/$address

case $action in
add)
    # Twice must do no harm: after a crash nobody knows how far the first run came.
    mkdir -p -- "$home/run/template" || fail "$home/run cannot be written"
    printf '' >"$marker"
    # Status 0 only when the effect is there.
    [ -e "$marker" ] || fail "$marker could not be made"
    say "$address is marked"
    ;;
delete)
    # Runs when the timeout is over, with the same arguments. What is not there any more is no failure.
    rm -f -- "$marker" || fail "$marker could not be removed"
    say "$address is not marked any more"
    ;;
*)
    fail "the first argument has to be add or delete"
    ;;
esac
