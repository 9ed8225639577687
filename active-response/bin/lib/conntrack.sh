# shellcheck shell=sh
# shellcheck disable=SC2034 # $cut is for the script
# Cutting open connections, for the scripts that change the firewall. Sourced after response.sh.

# cut_connections FAMILY ADDRESS: makes the kernel forget the connections from and to an address or network, so that
# no rule that accepts what is open already, and no translation of addresses, lets them go on. Sets $cut to what was
# done. Not being able to is no failure: what the script has put in place is asked about every packet.
cut_connections() {
    if ! command -v conntrack >/dev/null; then
        cut="conntrack is not installed, so the kernel still tracks connections that were open"
        return
    fi
    cut="open connections are cut"
    # Each call walks through the whole table, which is most of what a ban costs. So none is made where nothing is
    # tracked, and usually only one where something is.
    tracked=
    { read -r tracked </proc/sys/net/netfilter/nf_conntrack_count; } 2>/dev/null
    [ "$tracked" != 0 ] || return 0
    for direction in $(connection_ends "$1" "$2"); do
        # Fails when there is none, too.
        conntrack -D -f "ipv$1" "--$direction" "$2" >/dev/null 2>&1 || :
    done
}

# connection_ends FAMILY ADDRESS: which of the three an address is in some connection: the one who has opened it, or the
# one it was opened to, before or after translation. All of them for a network, or when there is no list.
connection_ends() {
    case $2 in
    */* | ::*) ;; # what a network is compared with, and what the list may write in another way
    *)
        { conntrack -L -f "ipv$1" 2>/dev/null && echo listed; } | awk -v address="$2" '
            $0 == "listed" { complete = 1; next }
            index($0, "=" address " ") {
                seen = 0
                for (i = 1; i <= NF; i++) {
                    if ($i == "src=" address) ends[seen ? "reply-src" : "orig-src"]
                    if ($i == "dst=" address && !seen) ends["orig-dst"]
                    if ($i ~ /^dst=/) seen = 1
                }
            }
            END {
                if (!complete) exit 1
                for (end in ends) print end
            }' && return
        ;;
    esac
    echo orig-src orig-dst reply-src
}
