# shellcheck shell=sh
# What the shipped response scripts share: messages, strict addresses, a lock. It is sourced by them and is no
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

# parse_ipv4 TEXT: true for four decimal numbers without leading zeros (which some programs read as octal).
parse_ipv4() {
    case $1 in
    '' | *[!0-9.]* | .* | *. | *..* | *.*.*.*.*) return 1 ;;
    *.*.*.*) ;;
    *) return 1 ;;
    esac
    rest=$1.
    while [ -n "$rest" ]; do
        part=${rest%%.*}
        rest=${rest#*.}
        case $part in
        0?* | ????*) return 1 ;;
        esac
        [ "$part" -le 255 ] || return 1
    done
}

# add_groups TEXT: appends the colon-separated groups of TEXT to $groups, without leading zeros, and counts them.
add_groups() {
    rest=$1
    while [ -n "$rest" ]; do
        part=${rest%%:*}
        case $rest in
        *:*) rest=${rest#*:} ;;
        *) rest= ;;
        esac
        case $part in
        '' | ?????*) return 1 ;;
        esac
        while :; do
            case $part in
            0?*) part=${part#0} ;;
            *) break ;;
            esac
        done
        groups=$groups$part:
        count=$((count + 1))
    done
}

# parse_ipv6 TEXT: sets $parsed to the one form that RFC 5952 gives an address.
parse_ipv6() {
    text=$1
    [ ${#text} -le 45 ] || return 1
    case $text in
    *[!0-9A-Fa-f:.]* | *:::* | *::*::* | :[!:]* | *[!:]:) return 1 ;;
    *:*) ;;
    *) return 1 ;;
    esac
    case $text in
    *[A-F]*) text=$(printf '%s' "$text" | tr A-F a-f) ;;
    esac
    case $text in
    *.*) # the last 32 bits as an IPv4 address
        dotted=${text##*:}
        parse_ipv4 "$dotted" || return 1
        first=${dotted%.*.*}
        second=${dotted#*.*.}
        text=${text%"$dotted"}$(printf '%x:%x' $((${first%.*} * 256 + ${first#*.})) \
            $((${second%.*} * 256 + ${second#*.})))
        ;;
    esac
    count=0
    groups=:
    case $text in
    *::*)
        add_groups "${text%%::*}" || return 1
        left=$groups
        groups=
        add_groups "${text#*::}" || return 1
        [ "$count" -le 7 ] || return 1
        while [ "$count" -lt 8 ]; do
            left=${left}0:
            count=$((count + 1))
        done
        groups=$left$groups
        ;;
    *)
        add_groups "$text" || return 1
        [ "$count" -eq 8 ] || return 1
        ;;
    esac
    # The first of the longest runs of two or more zeros becomes "::".
    zeros=:0:0:0:0:0:0:0:0:
    while [ ${#zeros} -ge 5 ]; do
        case $groups in
        *"$zeros"*)
            left=${groups%%"$zeros"*}
            groups=${groups#*"$zeros"}
            parsed=${left#:}::${groups%:}
            return 0
            ;;
        esac
        zeros=${zeros#:0}
    done
    groups=${groups#:}
    parsed=${groups%:}
}

# parse_address TEXT: sets $parsed to the address in its usual form and $family to 4 or 6; false for anything else.
# An IPv4 address mapped into IPv6 is the IPv4 address: that is what is on the wire.
parse_address() {
    case $1 in
    *:*)
        parse_ipv6 "$1" || return 1
        family=6
        case $parsed in
        ::ffff:*:*:*) ;;
        ::ffff:*:*)
            rest=${parsed#::ffff:}
            first=$((0x${rest%:*}))
            second=$((0x${rest#*:}))
            parsed=$((first >> 8)).$((first & 255)).$((second >> 8)).$((second & 255))
            family=4
            ;;
        esac
        ;;
    *)
        parse_ipv4 "$1" || return 1
        parsed=$1
        family=4
        ;;
    esac
}

# refuse_special: ends the script when $address is not the address of another host, or of such ones.
refuse_special() {
    case $address in
    127.* | ::1) fail "$address is this host itself; refused" ;;
    0.* | :: | ::/*) fail "$address is no host's address; refused" ;;
    22[4-9].* | 23?.* | 24?.* | 25?.* | ff??:*) fail "$address is a group or broadcast address; refused" ;;
    esac
}

# read_address TEXT: sets $address and $family; ends the script when TEXT is not the address of another host.
read_address() {
    show "${1-}"
    parse_address "${1-}" || fail "the third argument is $shown; it has to be an IPv4 or IPv6 address"
    address=$parsed
    refuse_special
}

# mask_address ADDRESS BITS: sets $masked to the usual form of the first BITS bits of an address in its usual form.
mask_address() {
    case $1 in
    *:*)
        # All eight groups.
        count=0
        groups=
        case $1 in
        *::*) add_groups "${1%%::*}" ;;
        *) add_groups "$1" ;;
        esac
        left=$groups
        groups=
        case $1 in
        *::*) add_groups "${1#*::}" ;;
        esac
        while [ "$count" -lt 8 ]; do
            left=${left}0:
            count=$((count + 1))
        done
        text=
        bits_left=$2
        rest=$left$groups
        while [ -n "$rest" ]; do
            part=$((0x${rest%%:*}))
            rest=${rest#*:}
            if [ "$bits_left" -le 0 ]; then
                part=0
            elif [ "$bits_left" -lt 16 ]; then
                part=$((part & (65535 << (16 - bits_left))))
            fi
            bits_left=$((bits_left - 16))
            text=$text:$(printf '%x' $part)
        done
        parse_ipv6 "${text#:}"
        masked=$parsed
        ;;
    *)
        first=${1%.*.*}
        second=${1#*.*.}
        number=$((${first%.*} << 24 | ${first#*.} << 16 | ${second%.*} << 8 | ${second#*.}))
        number=$((number & (4294967295 << (32 - $2))))
        masked=$((number >> 24 & 255)).$((number >> 16 & 255)).$((number >> 8 & 255)).$((number & 255))
        ;;
    esac
}

# read_target "$@": sets $address, $family and $bits from the third argument or, if that is "-", from the first extra
# one. $bits is empty for a single address; for a network $address is NETWORK/BITS in its usual form.
read_target() {
    target=${3-}
    [ "$target" != - ] || target=${8:--}
    bits=
    case $target in
    */*) ;;
    *)
        read_address "$target"
        return
        ;;
    esac
    show "$target"
    bits=${target##*/}
    case $bits in
    '' | *[!0-9]* | 0* | ????*) fail "$shown is neither an address nor a network" ;;
    esac
    parse_address "${target%/*}" || fail "$shown is neither an address nor a network"
    case $family$target in
    4*:*) fail "$shown is an IPv4 address in IPv6 form, to which no length of a network fits; refused" ;;
    4*) least=8 most=32 ;;
    6*) least=16 most=128 ;;
    esac
    [ "$bits" -le "$most" ] || fail "$shown is neither an address nor a network"
    [ "$bits" -ge "$least" ] || fail "$shown is wider than /$least; refused"
    if [ "$bits" -eq "$most" ]; then
        bits=
        address=$parsed
    else
        mask_address "$parsed" "$bits"
        address=$masked/$bits
    fi
    refuse_special
}

# refuse_manager: ends the script when $address is the manager's, or a network that the manager is in. Whoever writes into a log could otherwise have
# the manager itself banned, and with it every further order.
refuse_manager() {
    banned_family=$family
    IFS=' ,'
    for word in ${EDR_MANAGER_ADDRESSES-}; do
        parse_address "$word" || continue
        [ "$parsed" != "$address" ] || fail "$address is the manager's address; refused"
        case $family$address in
        "$banned_family"*/*)
            manager=$parsed
            mask_address "$manager" "${address#*/}"
            [ "$masked/${address#*/}" != "$address" ] || fail "the manager's address $manager is in $address; refused"
            ;;
        esac
    done
    unset IFS
    family=$banned_family
}

# take_lock NAME: waits for the lock of that name and holds it until the script ends. The kernel gives it back
# however the script ends, so there is no stale lock.
take_lock() {
    command -v flock >/dev/null || fail "flock is missing; install the package util-linux"
    exec 9>>"/run/edr-$1.lock"
    flock -w 30 9 || fail "the lock /run/edr-$1.lock was not free within 30 s; nothing was done"
}
