#!/bin/sh
# Compiles what a mutant changes: tests/mutants/NAME.patch is applied to a copy of the files that it names, under
# build/mutants/NAME, and each of them becomes an object there. A patch that does not apply or does not compile
# fails, and its name is told.
# usage: mutant.sh NAME COMPILER FLAG...
set -eu
cd "$(dirname "$0")/.."
name=$1 patch=tests/mutants/$1.patch to=build/mutants/$1
shift
fail() {
    echo "mutant $name: $patch $1" >&2
    exit 1
}
rm -rf "$to"
mkdir -p "$to"
files=$(sed -n 's|^+++ b/||p' "$patch")
for file in ${files:-none}; do
    case $file in *.c) ;; *) fail "must change .c files, and nothing else: a header would rebuild too much" ;; esac
    [ -e "$file" ] || fail "changes $file, which is not there"
    mkdir -p "$to/$(dirname "$file")"
    cp "$file" "$to/$file"
done
patch -d "$to" -p1 -F0 -s -r - --no-backup-if-mismatch <"$patch" >&2 || fail "does not apply"
for file in $files; do
    "$@" -c -o "$to/$(basename "$file" .c).o" "$to/$file" || fail "does not compile"
done
