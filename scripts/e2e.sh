#!/bin/sh
# Runs the end-to-end tests: every tests/e2e/test_*.{sh,py}, or the named ones. Each starts its own
# daemons on free loopback ports or private sockets, and must leave no process behind.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1
passed=0 failed=0
[ $# -gt 0 ] || set -- $(cd tests/e2e && ls test_*.sh test_*.py 2>/dev/null)
for name in "$@"; do
    file=$(ls "tests/e2e/$name" "tests/e2e/test_$name.sh" "tests/e2e/test_$name.py" 2>/dev/null | head -n 1)
    [ -n "$file" ] || { echo "e2e: no test called $name"; exit 64; }
    log=build/e2e-$(basename "$file").log
    began=$(date +%s)
    case $file in
    *.py) timeout -k 10 "${E2E_TIMEOUT:-300}" /usr/bin/python3 "$file" >"$log" 2>&1 ;;
    *) timeout -k 10 "${E2E_TIMEOUT:-300}" sh "$file" >"$log" 2>&1 ;;
    esac
    code=$?
    if [ $code = 0 ]; then
        passed=$((passed + 1))
        echo "ok   $(basename "$file") ($(($(date +%s) - began)) s)"
        grep -E '^(skip|measured|seed)' "$log" | sed 's/^/       /'
    else
        failed=$((failed + 1))
        echo "FAIL $(basename "$file") (exit $code)"
        tail -n 60 "$log" | sed 's/^/       /'
    fi
done
echo "e2e: $passed passed, $failed failed"
[ $failed = 0 ]
