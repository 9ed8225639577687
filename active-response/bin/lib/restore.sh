# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # $separator, $ip … are for the scripts, and $response is theirs
# Bringing back responses that somebody else took away, for the scripts that declare it. Sourced after response.sh.

# Stands between the words of a line once restore_lines has been over it: unlike the tab it keeps empty words apart.
separator=$(printf '\037')

# read_action_or_restore "$@": sets $action as read_action does, and also to "restore".
read_action_or_restore() {
    case ${1-} in
    restore) action=restore ;;
    *) read_action "$@" ;;
    esac
}

# restore_lines: copies standard input with $separator in place of the tabs. What comes from an alert can hold no other.
restore_lines() {
    tr '\t\037' '\037?'
    echo
}

# split_restore LINE: sets $id, $seconds_left, $ip and $extra, whose words are apart by $separator; false
# when it is no response. Lines are gone through by a loop over words, because read reads byte by byte.
split_restore() {
    [ -n "$1" ] || return 1
    IFS=$separator
    # shellcheck disable=SC2086 # words of the separator
    set -- $1
    id=${1-} seconds_left=${2-} ip=${4-} extra=
    if [ $# -gt 5 ]; then
        shift 5
        extra=$*
    fi
    unset IFS
    case $id in
    '' | *[!0-9A-Za-z]*) id= ;;
    esac
    case $id/$seconds_left in
    /* | */ | */*[!0-9]* | */??????????*)
        skip "a line is not understood"
        return 1
        ;;
    esac
}

# skip TEXT: tells why a response is not brought back; the others are.
skip() {
    printf '%s: %s: %s\n' "$response" "${id:-restore}" "$1" >&2
}
