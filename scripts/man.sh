#!/bin/sh
# Prints a manual page: what stands between the lines @TABLES@ and @END@ is replaced by the tables that the page's
# program itself knows, and the version is put into the heading.
# scripts/man.sh VERSION PAGE DIRECTORY: the programs are in DIRECTORY.
set -eu
cd "$(dirname "$0")/.."
version=$1 page=$2 programs=$3
case $page in
docs/mgrctl.1) set -- mgrctl help man ;;
docs/mgr-bench.1) set -- mgr-bench --tables ;;
docs/mgrd.8) set -- mgrd --tables ;;
*) exec cat "$page" ;;
esac
program=$programs/$1
shift
tables=$(env -i "$program" "$@")
awk -v version="$version" -v tables="$(printf '%s' "$tables" | sed 's/\\/\\\\/g')" '
    /^\.\\" @TABLES@/ { print tables; left_out = 1 }
    /^\.TH / { sub(/"mgrd"/, "\"mgrd " version "\"") }
    !left_out { print }
    /^\.\\" @END@/ { left_out = 0 }
' "$page"
