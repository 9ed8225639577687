# shellcheck shell=sh
# shellcheck disable=SC2154 # variables of firewall-drop and of the other files
# Bringing back the bans of firewall-drop. Sourced by it, after the other files.
#
# Ten thousand bans are looked at every minute, so one run of awk compares what can be understood without doubt with the
# kernel's list. Only the rest is checked by the shell, by the same rules as for "add", and then compared too. What is
# missing or would end too early is brought in all at once.

# What awk's programs about the kernel's list begin with. After the line "wanted" come the responses.
#
# in_force[ADDRESS]: the seconds that the kernel will still drop it. A renewal gives a minute and a tenth more than what is
# left until the undo, and is due when half a minute of it is left: not at every look.
# shellcheck disable=SC2016
known_bans='
    function seconds(text, total, number) {
        while (match(text, /^[0-9]+/)) {
            number = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            if (text ~ /^ms/) { text = substr(text, 3); continue }
            total += number * factor[substr(text, 1, 1)]
            text = substr(text, 2)
        }
        return total
    }
    # How the kernel stands to an address, or nothing when there is nothing to do.
    function lack(address, left) {
        if (!(address in in_force)) return "missing"
        return in_force[address] < left + 30 ? "short" : ""
    }
    BEGIN { factor["s"] = 1; factor["m"] = 60; factor["h"] = 3600; factor["d"] = 86400; factor["w"] = 604800; never = 1e15 }
    !responses && $1 == "map" { bits = $2 == "subnets6" ? "/64" : "" }
    !responses && /: goto banned/ {
        count = split($0, elements, ",")
        for (i = 1; i <= count; i++) {
            if (elements[i] !~ /: goto banned/) continue
            sub(/.*\{/, "", elements[i])
            words = split(elements[i], word, " ")
            expires = never
            for (j = 2; j < words; j++) if (word[j] == "expires") expires = seconds(word[j + 1])
            in_nft[word[1] bits] = expires
        }
        next
    }
    !responses && / vmap @| hook |counter .*drop$| accept$/ { nft_rules++ }
    !responses && /^-A EDR -[sd] [^ ]+ -j DROP/ {
        sub(/\/(32|128)$/, "", $4)
        if ($3 == "-s") from[$4]
        else to[$4] = family
        next
    }
    !responses && $1 == "family" { family = $2 }
    !responses && /^-A (INPUT|FORWARD|OUTPUT) .*-j EDR$/ { jumps[family]++ }
    !responses && $0 == "wanted" {
        responses = 1
        # Two chains, two rules about loopback, thirteen about maps, and the drop. Where one is missing no ban is in force.
        if (nft_rules == 20) for (address in in_nft) in_force[address] = in_nft[address]
        for (address in to) if (address in from && jumps[to[address]] == 3) in_force[address] = never
    }
'

# list_vital: what is to be spared.
list_vital() {
    printf '%s\n' "$vital4" "$vital6" spared
}

# list_bans: what the kernel has of ours.
list_bans() {
    ! command -v nft >/dev/null || nft list table inet edr 2>/dev/null
    for family in 4 6; do
        choose_iptables
        if [ -n "$iptables" ] && command -v "$iptables-save" >/dev/null; then
            echo "family $family"
            "$iptables-save" -t filter 2>/dev/null
        fi
    done
    echo wanted
}

# compared: standard input is what list_vital and list_bans print and then the lines that restore_lines makes. Prints
# "missing" or "short" and ID LEFT MAP ADDRESS for those that something has to be done about. The word "unclear" stands
# before those that the shell has to look at: what is written in an unusual way, and what "add" would refuse, for its reason.
compared() {
    # shellcheck disable=SC2016
    awk -v separator="$separator" "$plain_addresses"'
        !spared { if ($0 == "spared") spared = 1; else if (NF) vital[$1]; next }
        '"$known_bans"'
        # Whether nothing that is to be spared is in it.
        function is_harmless(target, bits, address) {
            bits = length_of(target)
            if (bits == "") return !(target in vital)
            if (!(bits in compared)) {
                compared[bits]
                for (address in vital) vital_networks[plain_target(address "/" bits, 128)]
            }
            return !(target in vital_networks)
        }
        function map_of(target, bits, family) {
            bits = length_of(target)
            family = index(target, ":") ? 6 : 4
            if (bits == "") return "banned" family
            return family == 6 && bits == 64 ? "subnets6" : "networks" family
        }
        $0 == "wanted" { FS = separator; next }
        !responses || $0 == "" { next }
        {
            target = $4
            prefix = 128
            for (i = 6; i <= NF; i++) {
                if ($i ~ /^ipv6-prefix=/) prefix = substr($i, 13)
                else if (target == "-") target = $i
            }
            address = ""
            if ($1 ~ /^[0-9A-Za-z]+$/ && $2 ~ /^[0-9]+$/ && length($2) < 10) address = plain_target(target, prefix)
            state = address == "" ? "unclear" : lack(address, $2)
            if (state == "") next
            if (state == "unclear" || !is_harmless(address)) print "unclear" separator $0
            else print state, $1, $2, map_of(address), address
        }'
}

# checked LINES: the responses among them that are unclear, as lines ID LEFT MAP ADDRESS; those that "add" would refuse are
# left out.
checked() {
    IFS=$newline
    for line in $1; do
        case $line in
        "unclear$separator"*) ;;
        *) continue ;;
        esac
        split_restore "${line#*"$separator"}" || continue
        IFS=$separator
        # shellcheck disable=SC2086 # words of the separator
        set -- $extra
        unset IFS
        if check_arguments "$ip" "$@" && check_vital; then
            printf '%s %s %s %s\n' "$id" "$seconds_left" "$map" "$address"
        else
            skip "$problem"
        fi
    done
}

# wanting: of these lines those that something has to be done about, behind the word "missing" or "short".
wanting() {
    awk "$known_bans"'
        !responses || $0 == "wanted" { next }
        lack($4, $2) != "" { print lack($4, $2), $0 }'
}

# plan_elements PATTERN: the commands for nft that bring in the addresses of the plan whose map matches the pattern. Two
# responses may be about one address; the later end counts.
plan_elements() {
    printf '%s\n' "$plan" | awk -v pattern="$1" '
        # Printed one by one: joining ten thousand texts takes longer than all the rest.
        function command(verb, name, state, i, address, began) {
            for (i = 1; i <= count; i++) {
                address = order[i]
                if (map[address] != name || (state == "short" && !(address in short))) continue
                if (!began++) print verb " element inet edr " name " {"
                if (name == "subnets6") sub(/\/64$/, "", address)
                if (verb == "delete") print address ","
                else print address " timeout " (left[order[i]] + 60 + int(left[order[i]] / 10)) "s : goto banned,"
            }
            if (began) print "}"
        }
        $4 !~ pattern { next }
        {
            if (!($5 in left)) order[++count] = $5
            if ($3 > left[$5]) left[$5] = $3
            map[$5] = $4
            maps[$4]
            if ($1 == "short") short[$5]
        }
        END {
            for (name in maps) {
                command("add", name, "")
                # Adding it once more does not change its timeout. It was added nevertheless: it may be gone by now.
                command("delete", name, "short")
                command("add", name, "short")
            }
        }'
}

# nft_restore: everything in one transaction. Networks that overlap make it fail; they then go in one by one, the way they
# went in at first, and the addresses without them.
nft_restore() {
    nft_run "$(table; plan_elements .)" && return
    case $plan in
    *" networks"*) ;;
    *) return 1 ;;
    esac
    nft_run "$(table; plan_elements '^[bs]')" || return
    IFS=$newline
    for line in $plan; do
        unset IFS
        # shellcheck disable=SC2086 # words of our own
        set -- $line
        id=$2 map=$4 address=$5
        # shellcheck disable=SC2034 # for nft_add
        entry=$address
        case $map in
        networks?) ;;
        *) continue ;;
        esac
        family=${map#networks}
        choose_iptables
        lifetime_of "$3"
        lifetime=" timeout ${lifetime}s"
        firewall_add "$iptables" || skip "$address could not be blocked: $problem"
    done
}

# iptables_plan: what iptables-restore reads to bring in the addresses of the plan, and what else is missing for them.
iptables_plan() {
    { "$iptables-save" -t filter; echo plan; printf '%s\n' "$plan"; } | awk -v family="$family" '
        $0 == "plan" { planned = 1; next }
        !planned && $1 == ":EDR" { chain = 1 }
        !planned { rules[$0]; next }
        substr($4, length($4)) != family || $5 in seen { next }
        { seen[$5]; order[++count] = $5 }
        END {
            if (!count) exit
            print "*filter"
            if (!chain) print ":EDR - [0:0]" # which would empty it if it was there
            split("INPUT ! -i lo -j EDR,FORWARD -j EDR,OUTPUT ! -o lo -j EDR", jumps, ",")
            for (i = 1; i <= 3; i++) if (!("-A " jumps[i] in rules)) print "-I " jumps[i]
            for (i = 1; i <= count; i++) {
                address = order[i]
                full = address ~ /\// ? address : address (family == 4 ? "/32" : "/128")
                if (!("-A EDR -s " full " -j DROP" in rules)) print "-A EDR -s " full " -j DROP"
                if (!("-A EDR -d " full " -j DROP" in rules)) print "-A EDR -d " full " -j DROP"
            }
            print "COMMIT"
        }'
}

iptables_restore() {
    take_lock firewall-drop
    for family in 4 6; do
        choose_iptables
        if [ -z "$iptables" ] || ! command -v "$iptables-restore" >/dev/null; then
            problem="$problem; without nftables ${iptables:-iptables}-restore is needed"
            return 1
        fi
        rules=$(iptables_plan)
        [ -n "$rules" ] || continue
        problem=$(printf '%s\n' "$rules" | "$iptables-restore" -w 10 --noflush 2>&1) || return
    done
}

restore_bans() {
    command -v awk >/dev/null || fail "awk is missing"
    family=
    read_vital 4 6
    bans=$(list_bans)
    plan=$({ list_vital; printf '%s\n' "$bans"; restore_lines; } | compared)
    case $newline$plan in
    *"${newline}unclear$separator"*)
        rest=$(checked "$plan")
        [ -z "$rest" ] || rest=$({ printf '%s\n' "$bans"; printf '%s\n' "$rest"; } | wanting)
        plan=$({ printf '%s\n' "$plan" | grep -v '^unclear'; printf '%s\n' "$rest"; } | grep .)
        ;;
    esac
    [ -n "$plan" ] || return 0
    problem="nft: it is not installed"
    { command -v nft >/dev/null && nft_restore; } || iptables_restore || {
        first_line "$problem"
        fail "the bans could not be brought back: $shown"
    }
    printf '%s\n' "$plan" | awk '$1 == "missing" { print "restored", $2 }'
}
