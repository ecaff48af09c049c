#!/bin/sh
# Runs the unit tests, each suite in a process of its own, as many at a time as there are processors, and
# sums up as Check does. The tests of a suite share its process: a process and a look for leaks for each of them takes
# four times as long for all. CK_FORK=yes separates them, to see which one leaks, or what comes after a crash.
# usage: unit.sh RUNNER [SUITE...]
set -u
cd "$(dirname "$0")/.." || exit 1
runner=$1
shift
[ $# -gt 0 ] || set -- $(sed -n 's/^SUITE(\(.*\))$/\1/p' build/gen/suites.h)
logs=$runner.logs
rm -rf "$logs"
mkdir -p "$logs"
export runner logs
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c \
    'CK_FORK=${CK_FORK:-no} CK_RUN_SUITE={} timeout -k 5 240 "$runner" >"$logs/{}" 2>&1 || echo "suite {} ended with $?" >>"$logs/{}"'
for suite in "$@"; do
    if ! grep -q '^100%: Checks: [1-9]' "$logs/$suite"; then
        echo "FAIL $suite"
        tail -n 40 "$logs/$suite" | sed 's/^/     /'
    fi
    grep -i '^skip\|no locale' "$logs/$suite" | sed "s/^/$suite: /"
done
cat "$logs"/* | awk -F'[:, ]+' -v suites=$# '
    /^[0-9]+%: Checks:/ { checks += $3; failures += $5; errors += $7; seen++ }
    END {
        errors += suites - seen # a suite that did not come to its end
        printf "%d%%: Checks: %d, Failures: %d, Errors: %d\n",
            checks ? 100 * (checks - failures - errors) / checks : 0, checks, failures, errors
        exit failures + errors > 0 || checks == 0
    }'
