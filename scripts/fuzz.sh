#!/bin/sh
# Runs each named fuzzer for SECONDS on its corpus in tests/fuzz/corpus; new inputs stay under build/.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
for fuzzer in "$@"; do
    name=${fuzzer#fuzz_}
    grown=build/fuzz/corpus/$name
    mkdir -p "$grown" "build/fuzz/findings"
    log=build/fuzz/$name.log
    if ! build/fuzz/bin/"$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -artifact_prefix="build/fuzz/findings/$name-" "$grown" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz: $fuzzer found something, see build/fuzz/findings"
        exit 1
    fi
    echo "fuzz: $fuzzer $(grep -E '^Done [0-9]+ runs' "$log" || echo 'ran')"
done
