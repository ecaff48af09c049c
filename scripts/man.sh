#!/bin/sh
# Prints the manual page of mgrctl: docs/mgrctl.1 with the tables that mgrctl itself knows.
# scripts/man.sh VERSION [MGRCTL]
set -eu
cd "$(dirname "$0")/.."
version=$1 mgrctl=${2:-build/mgrctl}
tables=$(env -i "$mgrctl" help man)
awk -v version="$version" -v tables="$(printf '%s' "$tables" | sed 's/\\/\\\\/g')" '
    /^\.\\" @TABLES@/ { print tables; next }
    { gsub(/@VERSION@/, version); print }
' docs/mgrctl.1
