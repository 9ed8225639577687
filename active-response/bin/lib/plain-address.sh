# shellcheck shell=sh
# shellcheck disable=SC2034 # for the scripts
# What address.sh does, for ten thousand addresses at once: functions for awk. Sourced by the scripts that use them.
#
# Only what is understood without doubt is answered. For all else, valid or not, the answer is empty, and address.sh has
# to be asked. Without intervals in patterns and functions for bits, which the awk of some systems has not.
# shellcheck disable=SC2016
plain_addresses='
    # The first so many bits of a group of hexadecimal digits.
    function first_bits(group, bits, i, number) {
        if (bits >= 16) return group
        if (bits <= 0) return "0"
        for (i = 1; i <= length(group); i++) number = number * 16 + index("123456789abcdef", substr(group, i, 1))
        return sprintf("%x", number - number % 2 ^ (16 - bits))
    }
    # The groups of a part of an address, behind those there are.
    function add_groups(text, parts, i) {
        if (text == "") return 1
        parts = split(text, part, ":")
        for (i = 1; i <= parts; i++) {
            if (part[i] == "" || length(part[i]) > 4) return 0
            sub(/^0+/, "", part[i])
            group[++groups] = part[i] == "" ? "0" : part[i]
        }
        return 1
    }
    function plain_ipv6(text, bits, gap, i, tail, all, zeros) {
        text = tolower(text)
        if (length(text) > 39 || text !~ /^[0-9a-f:]+$/ || text ~ /:::/) return ""
        groups = 0
        gap = index(text, "::")
        if (!gap) {
            if (!add_groups(text) || groups != 8) return ""
        } else {
            tail = substr(text, gap + 2)
            if (index(tail, "::") || !add_groups(substr(text, 1, gap - 1))) return ""
            i = groups
            if (!add_groups(tail) || groups > 7) return ""
            for (zeros = 8 - groups; groups > i; groups--) group[groups + zeros] = group[groups]
            while (zeros > 0) group[i + zeros--] = "0"
        }
        all = ":"
        for (i = 1; i <= 8; i++) all = all first_bits(group[i], bits - 16 * (i - 1)) ":"
        if (all ~ /^:ff..:/) return ""
        for (zeros = ":0:0:0:0:0:0:0:0:"; length(zeros) >= 5; zeros = substr(zeros, 3)) {
            i = index(all, zeros)
            # None that begins with zeros: this host, no host, or an IPv4 address.
            if (i == 1) return ""
            if (i) return substr(all, 2, i - 2) "::" substr(all, i + length(zeros), length(all) - i - length(zeros))
        }
        return substr(all, 2, length(all) - 2)
    }
    function plain_ipv4(text, bits, i, number) {
        if (text !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ || length(text) > 15) return ""
        split(text, part, ".")
        for (i = 1; i <= 4; i++) {
            if (part[i] > 255 || (length(part[i]) > 1 && part[i] ~ /^0/)) return ""
            number = number * 256 + part[i]
        }
        if (part[1] == 0 || part[1] == 127 || part[1] >= 224) return ""
        if (bits == 32) return text
        number -= number % 2 ^ (32 - bits)
        for (i = 4; i >= 1; i--) {
            part[i] = number % 256
            number = (number - part[i]) / 256
        }
        return part[1] "." part[2] "." part[3] "." part[4]
    }
    # The usual form of an address or a network, with the length that IPv6 addresses are given.
    function plain_target(text, prefix, slash, bits, most, address) {
        most = index(text, ":") ? 128 : 32
        slash = index(text, "/")
        bits = slash ? substr(text, slash + 1) : most == 128 ? prefix : most
        if ((bits prefix) ~ /[^0-9]/ || bits !~ /^[1-9]/ || prefix !~ /^[1-9]/) return ""
        # As numbers: as texts, 9 is more than 10.
        bits += 0
        prefix += 0
        if (prefix < 32 || prefix > 128) return ""
        if (slash && (bits < (most == 128 ? 16 : 8) || bits >= most)) return ""
        if (slash) text = substr(text, 1, slash - 1)
        address = most == 128 ? plain_ipv6(text, bits) : plain_ipv4(text, bits)
        if (address == "") return ""
        return bits == most ? address : address "/" bits
    }
    # The length of a network in its usual form; empty for an address.
    function length_of(target, slash) {
        slash = index(target, "/")
        return slash ? substr(target, slash + 1) : ""
    }
'
