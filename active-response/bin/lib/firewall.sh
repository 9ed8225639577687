# shellcheck shell=sh
# shellcheck disable=SC2034 # $means is for the script
# Choosing between nftables and iptables, for the scripts that change the firewall. Sourced after response.sh.
#
# The script defines nft_add, nft_delete, iptables_add and iptables_delete. Each sets $problem when it fails. The two
# that delete return 0: deleted; 1: it was not there; 2: it may still be there.

# firewall_add IPTABLES: adds with nftables or, where that is missing or fails, with this program, if one is given.
# Sets $means to what did it; on failure $problem is one line.
firewall_add() {
    if command -v nft >/dev/null; then
        means=nftables
        nft_add && return
        first_line "$problem"
    else
        shown="it is not installed"
    fi
    reason="nft: $shown"
    if [ -z "$1" ]; then
        problem=$reason
        return 1
    fi
    means="$1; $reason"
    if command -v "$1" >/dev/null; then
        iptables_add && return
        first_line "$problem"
    else
        shown="it is not installed either"
    fi
    problem="$reason; $1: $shown"
    return 1
}

# firewall_delete IPTABLES: deletes with both, because nftables may have come, or gone, since the adding.
# Status as of nft_delete; on failure $problem is one line.
firewall_delete() {
    outcome=1
    if command -v nft >/dev/null; then
        nft_delete
        outcome=$?
    elif [ -z "$1" ]; then
        problem="nft is not installed"
        return 2
    elif ! command -v "$1" >/dev/null; then
        problem="neither nft nor $1 is installed"
        return 2
    fi
    first_line "${problem-}"
    problem="nft: $shown"
    [ -n "$1" ] && command -v "$1" >/dev/null || return $outcome
    nft_problem=$problem
    iptables_delete
    case $?$outcome in
    1?) problem=$nft_problem ;;
    0*) outcome=0 ;;
    *)
        first_line "$problem"
        problem="$1: $shown"
        outcome=2
        ;;
    esac
    return $outcome
}

# nft_delete_problem: the status for a deletion that failed with $problem. A kernel without nftables has nothing to
# delete in it.
nft_delete_problem() {
    case $problem in
    *"No such file or directory"* | *"not supported"*) return 1 ;;
    *) return 2 ;;
    esac
}
