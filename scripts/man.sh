#!/bin/sh
# Prints a manual page with the tables that its program itself knows.
# scripts/man.sh VERSION [PROGRAM [PAGE WORD...]]: the words ask the program for its tables.
set -eu
cd "$(dirname "$0")/.."
version=$1 program=${2:-build/mgrctl} page=${3:-docs/mgrctl.1}
[ $# -gt 3 ] || set -- "$version" "$program" "$page" help man
shift 3
tables=$(env -i "$program" "$@")
awk -v version="$version" -v tables="$(printf '%s' "$tables" | sed 's/\\/\\\\/g')" '
    /^\.\\" @TABLES@/ { print tables; next }
    { gsub(/@VERSION@/, version); print }
' "$page"
