#!/bin/sh
# Runs each named fuzzer for SECONDS on its corpus in tests/fuzz/corpus, two at a time; what they find
# stays under build/fuzz. Usage: fuzz.sh SECONDS FUZZER...
set -eu
cd "$(dirname "$0")/.."

run_one() {
    name=${1#fuzz_}
    new=build/fuzz/new/$name
    log=build/fuzz/$name.log
    rm -rf "$new" # every run starts from the corpus: it takes the same time
    mkdir -p "$new" build/fuzz/findings
    if ASAN_OPTIONS=quarantine_size_mb=64:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        "build/fuzz/bin/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
        -artifact_prefix="build/fuzz/findings/$name-" "$new" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        echo "fuzz: $1: $(grep -E '^Done [0-9]+ runs' "$log" || echo 'ran')"
    else
        tail -n 40 "$log"
        echo "fuzz: $1 found something: see $log and build/fuzz/findings"
        return 1
    fi
}

if [ "$1" = --one ]; then
    seconds=$2
    run_one "$3"
    exit
fi
seconds=$1
shift
printf '%s\n' "$@" | xargs -n 1 -P 2 "scripts/fuzz.sh" --one "$seconds"
