#!/bin/sh
# Both compilers with warnings as errors, cppcheck, clang-tidy, format, layering, the unit file, scripts.
set -u
cd "$(dirname "$0")/.." || exit 1
fail=0
step() {
    name=$1
    shift
    if "$@" >build/lint.log 2>&1; then
        echo "lint: $name ok"
    else
        echo "lint: $name FAILED"
        head -n 60 build/lint.log
        fail=1
    fi
}
ours() { git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^build/'; }
sources() { git ls-files -co --exclude-standard '*.c' | grep -vE '^(build|tests/fuzz)/'; }
warn='-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wimplicit-fallthrough -Werror'
flags="-std=c17 -D_GNU_SOURCE -I. -Ibuild/gen -Iclient -DMGRD_VERSION=\"0\" $(pkg-config --cflags libprotobuf-c check libedit)"

checked() { git ls-files -co --exclude-standard 'wire/*.c' 'daemon/*.c' 'client/*.c' 'cli/*.c' 'bench/*.c'; }
# clang-tidy gives clang's own warnings for the files it reads; the tests are left.
clang_tests() { git ls-files -co --exclude-standard 'tests/*.c' | grep -v '^tests/fuzz/' |
    xargs -P 2 -n 8 clang $flags $warn -fsyntax-only; }
gcc_all() { sources | xargs -P 2 -n 8 gcc $flags $warn -O2 -fsyntax-only; }
check_cpp() {
    cppcheck -q -j 2 --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingIncludeSystem --suppress=unknownMacro:daemon/engine/registry.c \
        --suppress=unknownMacro:daemon/objects/queue/item_tree.c --suppress=unknownMacro:daemon/engine/waitq.c \
        -I. -Ibuild/gen -D_GNU_SOURCE -DMGRD_VERSION='"0"' -DPROTOBUF_C_VERSION_NUMBER=1004001 \
        -DPROTOBUF_C_MIN_COMPILER_VERSION=1000000 wire daemon client cli bench
}
# The analyzer follows at most NODES steps in a function. Its own bound, 225000, takes twice as long for all files.
tidy() {
    checked | xargs -P 2 -I{} clang-tidy --quiet --warnings-as-errors='*' {} -- $flags $warn \
        -Xclang -analyzer-config -Xclang "max-nodes=${NODES:-40000}" 2>/dev/null
}
format() { ours | xargs clang-format --dry-run -Werror && ours | xargs awk -f scripts/dialect.awk; }
unit_file() {
    systemd-analyze security --offline=true --threshold=15 mgrd.service >/dev/null &&
        ! systemd-analyze verify --man=no ./mgrd.service 2>&1 | grep -v 'is not executable' | grep .
}
sizes() {
    ours | xargs wc -l | awk '$2 != "total" && $1 > 600 {print $2 ": " $1 " lines"; bad = 1} END {exit bad}'
}

step "gcc warnings" gcc_all
step "clang warnings, tests" clang_tests
step "file sizes" sizes
step "format" format
step "layering" scripts/layering.sh
step "cppcheck" check_cpp
step "clang warnings, clang-tidy" tidy
step "unit file" unit_file
exit $fail
