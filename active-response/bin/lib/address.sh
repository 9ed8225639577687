# shellcheck shell=sh
# shellcheck disable=SC2154 # $shown and $newline are of response.sh
# Strict addresses, and which ones are never to be blocked. Sourced after response.sh by the scripts that act on them.
#
# What begins with parse_ or check_ returns 1 when the address is not to be used, the latter with the reason in $problem;
# what begins with read_ or refuse_ ends the script then.

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

# check_special: whether $address is the address of another host, or of such ones.
check_special() {
    case $address in
    127.* | ::1) problem="$address is this host itself; refused" ;;
    0.* | :: | ::/*) problem="$address is no host's address; refused" ;;
    22[4-9].* | 23?.* | 24?.* | 25?.* | ff??:*) problem="$address is a group or broadcast address; refused" ;;
    *) return 0 ;;
    esac
    return 1
}

# check_address TEXT: sets $address and $family to the address of another host.
check_address() {
    show "$1"
    if ! parse_address "$1"; then
        problem="$shown is not an IPv4 or IPv6 address"
        return 1
    fi
    address=$parsed
    check_special
}

# read_address TEXT: sets $address and $family; ends the script when TEXT is not the address of another host.
read_address() {
    show "${1-}"
    parse_address "${1-}" || fail "the third argument is $shown; it has to be an IPv4 or IPv6 address"
    address=$parsed
    check_special || fail "$problem"
}

# hex NUMBER: sets $digits to the number, of 16 bits, in four hexadecimal digits. No other process: it is called often.
hex() {
    digits=
    for shift in 12 8 4 0; do
        part=$(($1 >> shift & 15))
        case $part in
        10) part=a ;;
        11) part=b ;;
        12) part=c ;;
        13) part=d ;;
        14) part=e ;;
        15) part=f ;;
        esac
        digits=$digits$part
    done
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
            digits=${rest%%:*}
            rest=${rest#*:}
            if [ "$bits_left" -le 0 ]; then
                digits=0
            elif [ "$bits_left" -lt 16 ]; then
                hex $((0x$digits & (65535 << (16 - bits_left))))
            fi
            bits_left=$((bits_left - 16))
            text=$text:$digits
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

# check_target TEXT: sets $address, $family and $bits to an address or network of other hosts. $bits is empty for a single
# address; for a network $address is NETWORK/BITS in its usual form.
check_target() {
    target=$1
    bits=
    case $target in
    */*) ;;
    *)
        check_address "$target"
        return
        ;;
    esac
    show "$target"
    bits=${target##*/}
    problem="$shown is neither an address nor a network"
    case $bits in
    '' | *[!0-9]* | 0* | ????*) return 1 ;;
    esac
    parse_address "${target%/*}" || return 1
    case $family$target in
    4*:*)
        problem="$shown is an IPv4 address in IPv6 form, to which no length of a network fits; refused"
        return 1
        ;;
    4*) least=8 most=32 ;;
    6*) least=16 most=128 ;;
    esac
    [ "$bits" -le "$most" ] || return 1
    problem="$shown is wider than /$least; refused"
    [ "$bits" -ge "$least" ] || return 1
    if [ "$bits" -eq "$most" ]; then
        bits=
        address=$parsed
    else
        mask_address "$parsed" "$bits"
        address=$masked/$bits
    fi
    check_special
}

# own_addresses4, own_addresses6: the addresses of this machine, and behind "gateway" those of its default gateways, a
# word each.
own_addresses4() {
    if [ ! -r /proc/net/fib_trie ]; then
        own_addresses_elsewhere inet
        return
    fi
    awk '
        function part(text, at) {
            return (index("123456789ABCDEF", substr(text, at, 1))) * 16 + index("123456789ABCDEF", substr(text, at + 1, 1))
        }
        $1 == "|--" { address = $2 }
        $2 == "host" && $3 == "LOCAL" && $1 == "/32" && !(address in seen) { seen[address]; print address }
        FILENAME == "/proc/net/route" {
            # The numbers are in the byte order of the machine, which shows in a mask.
            if ($8 ~ /^F.*0$/) big = 1
            if ($2 == "00000000" && $8 == "00000000" && $3 ~ /^[0-9A-F]+$/ && $3 != "00000000") gateways[$3]
        }
        END {
            print "gateway"
            for (hex in gateways) {
                if (big) print part(hex, 1) "." part(hex, 3) "." part(hex, 5) "." part(hex, 7)
                else print part(hex, 7) "." part(hex, 5) "." part(hex, 3) "." part(hex, 1)
            }
        }' /proc/net/fib_trie /proc/net/route
}
own_addresses6() {
    if [ ! -r /proc/net/fib_trie ]; then
        own_addresses_elsewhere inet6
        return
    fi
    [ -r /proc/net/if_inet6 ] || return 0 # no IPv6 in this kernel
    awk '
        function written(hex, text, at) {
            for (at = 1; at < 32; at += 4) text = text ":" substr(hex, at, 4)
            return substr(text, 2)
        }
        FILENAME == "/proc/net/if_inet6" { print written($1) }
        FILENAME == "/proc/net/ipv6_route" && $1 $2 ~ /^0+$/ && $5 !~ /^0+$/ { gateways[$5] }
        END {
            print "gateway"
            for (hex in gateways) print written(hex)
        }' /proc/net/if_inet6 /proc/net/ipv6_route
}

# own_addresses_elsewhere inet|inet6: the same on systems without /proc/net.
own_addresses_elsewhere() {
    ifconfig -a 2>/dev/null | awk -v family="$1" '$1 == family { sub(/[%\/].*/, "", $2); print $2 }'
    echo gateway
    netstat -rn -f "$1" 2>/dev/null | awk '$1 == "default" { sub(/%.*/, "", $2); print $2 }'
}

# read_vital: sets $vital4 and $vital6 to what must never be blocked of the families it is called for, as lines of an
# address in its usual form and what it is. Whoever writes into a log chooses the address in an alert, and could have
# this host or its manager cut off, and with it every further order.
read_vital() {
    vital4=
    vital6=
    kept_family=$family
    IFS=' ,'
    for word in ${EDR_MANAGER_ADDRESSES-}; do
        add_vital "$word" "the manager's address"
    done
    unset IFS
    for version; do
        what="this host's own address"
        # shellcheck disable=SC2046 # a word each
        for word in $("own_addresses$version"); do
            case $word in
            gateway) what="the address of the default gateway" ;;
            *) add_vital "$word" "$what" ;;
            esac
        done
    done
    family=$kept_family
}

# add_vital ADDRESS WHAT: one of them; a name, which the manager may have, is none.
add_vital() {
    parse_address "$1" || return 0
    case $family in
    4) vital4="$vital4$newline$parsed $2" ;;
    6) vital6="$vital6$newline$parsed $2" ;;
    esac
}

# check_vital: whether $address is none of those, and no network that one of them is in. After read_vital.
check_vital() {
    case $family in
    4) list=$vital4 ;;
    6) list=$vital6 ;;
    esac
    case $address in
    */*) ;;
    *)
        case $list in
        *"$newline$address "*) ;;
        *) return 0 ;;
        esac
        list=${list#*"$newline$address "}
        problem="$address is ${list%%"$newline"*}; refused"
        return 1
        ;;
    esac
    while [ -n "$list" ]; do
        list=${list#"$newline"}
        line=${list%%"$newline"*}
        list=${list#"$line"}
        mask_address "${line%% *}" "${address#*/}"
        if [ "$masked/${address#*/}" = "$address" ]; then
            problem="${line#* } ${line%% *} is in $address; refused"
            return 1
        fi
    done
}

# refuse_vital: ends the script when $address must never be blocked.
refuse_vital() {
    command -v awk >/dev/null || fail "awk is missing"
    read_vital "$family"
    check_vital || fail "$problem"
}
