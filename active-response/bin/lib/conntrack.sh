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
    # As the one who has opened the connection, and as the one it was opened to: before and after translation.
    for direction in --orig-src --orig-dst --reply-src; do
        # Fails when there is none, too.
        conntrack -D -f "ipv$1" $direction "$2" >/dev/null 2>&1 || :
    done
    cut="open connections are cut"
}
