# shellcheck shell=sh
# shellcheck disable=SC2154 # $file is the script's
# Changing a file of the system in one step, for the scripts that do. Sourced after response.sh. The script sets $file,
# and holds a lock.

# start_new: sets $new to a copy of $file beside it, with the same owner, mode and attributes, to be written over.
# However the script ends, nothing is left of it.
start_new() {
    new=$(mktemp "$file.edr-XXXXXX") || fail "no new file can be made beside $file"
    trap 'rm -f -- "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    cp -a -- "$file" "$new" || fail "$file cannot be copied"
}

# put_new_in_place: makes $new the file. One that is a mount point of its own, as in containers, can only be written
# over.
put_new_in_place() {
    mv -f -T -- "$new" "$file" 2>/dev/null || cat -- "$new" >"$file" || fail "$file cannot be replaced"
}
