#!/bin/sh
# Runs the end-to-end tests: every tests/e2e/test_*.{sh,py}, or the named ones, one more at a time than there are
# processors, since they wait now and then (JOBS=N). Each starts its own daemons on free loopback ports or private
# sockets, and must leave no process behind. A line in its head says what is special: "# alone", it measures time and
# has the machine for itself; "# long", it takes longest and begins first.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1

run_one() {
    name=$(basename "$1")
    log=build/e2e-$name.log
    began=$(date +%s)
    case $1 in
    *.py) timeout -k 10 "${E2E_TIMEOUT:-300}" /usr/bin/python3 "$1" >"$log" 2>&1 ;;
    *) timeout -k 10 "${E2E_TIMEOUT:-300}" sh "$1" >"$log" 2>&1 ;;
    esac
    code=$?
    took="$(($(date +%s) - began)) s"
    # in one piece: another test may end at the same moment
    if [ $code = 0 ]; then
        printf '%s\n' "ok   $name ($took)" "$(grep -E '^(skip|measured|seed)' "$log" | sed 's/^/       /')"
    else
        printf '%s\n' "FAIL $name (exit $code, $took)" "$(tail -n 60 "$log" | sed 's/^/       /')"
    fi | sed '/^$/d'
    return $code
}

if [ "${1:-}" = --one ]; then
    run_one "$2" || echo "$2" >>"$failures"
    exit 0
fi
mkdir -p build
failures=$(mktemp build/e2e-failures.XXXXXX)
export failures
[ $# -gt 0 ] || set -- $(cd tests/e2e && ls test_*.sh test_*.py 2>/dev/null)
total=$# long='' together='' alone=''
for name in "$@"; do
    file=$(ls "tests/e2e/$name" "tests/e2e/test_$name.sh" "tests/e2e/test_$name.py" 2>/dev/null | head -n 1)
    if [ -z "$file" ]; then
        echo "e2e: no test called $name"
        rm -f "$failures"
        exit 64
    elif head -n 12 "$file" | grep -q '^# alone'; then
        alone="$alone $file"
    elif head -n 12 "$file" | grep -q '^# long'; then
        long="$long $file"
    else
        together="$together $file"
    fi
done
printf '%s\n' $long $together | xargs -r -n 1 -P "${JOBS:-$(($(nproc) + 1))}" scripts/e2e.sh --one
printf '%s\n' $alone | xargs -r -n 1 scripts/e2e.sh --one
failed=$(wc -l <"$failures")
rm -f "$failures"
echo "e2e: $((total - failed)) passed, $failed failed"
[ "$failed" = 0 ]
