#!/bin/sh
# Dependencies point one way: main > server > store > config > net > doors > gate > journal > objects > engine > base > wire,
# cli's main > shell > dump, supervise > ops > waits > help, print > syntax > base > client > wire.
# engine/ and objects/ know no I/O, no clock, no randomness, no event loop.
set -u
cd "$(dirname "$0")/.." || exit 1
fail=0

# The number of a file's layer: it may include its own layer and lower ones.
rank() {
    case $1 in
    wire/base/*) echo 0 ;;
    wire/value/*) echo 1 ;;
    wire/proto/*) echo 2 ;;
    wire/*) echo 3 ;;
    daemon/base/*) echo 5 ;;
    daemon/engine/*) echo 10 ;;
    daemon/objects/*) echo 20 ;;
    daemon/journal/*) echo 25 ;;
    daemon/gate/*) echo 30 ;;
    daemon/doors/*) echo 35 ;;
    daemon/net/*) echo 40 ;;
    daemon/config/*) echo 44 ;;
    daemon/store/*) echo 46 ;;
    daemon/main.c) echo 60 ;;
    daemon/*) echo 50 ;;
    client/*) echo 15 ;;
    cli/base/*) echo 20 ;;
    cli/syntax/*) echo 21 ;;
    cli/print/* | cli/help/*) echo 22 ;;
    cli/waits/*) echo 23 ;;
    cli/ops/*) echo 24 ;;
    cli/dump/* | cli/supervise/*) echo 25 ;;
    cli/shell/*) echo 26 ;;
    cli/*) echo 30 ;;
    *) echo 99 ;;
    esac
}

for file in $(find wire daemon client cli -name "*.[ch]" | sort); do
    mine=$(rank "$file")
    for header in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$file"); do
        case $header in
        wire/* | daemon/* | client/* | cli/*) ;;
        *) continue ;; # generated, or of tests
        esac
        theirs=$(rank "$header")
        side_mine=${file%%/*} side_theirs=${header%%/*}
        if [ "$side_theirs" != wire ] && [ "$side_mine" != "$side_theirs" ] &&
            ! { [ "$side_mine" = cli ] && [ "$side_theirs" = client ]; }; then
            echo "layering: $file includes $header: the daemon and its clients share only wire/"
            fail=1
        elif [ "$theirs" -gt "$mine" ]; then
            echo "layering: $file includes $header, which is above it"
            fail=1
        fi
    done
done

pure='"daemon/base/|<(event2?/|unistd\.h|sys/(socket|stat|types|time|epoll|random)\.h|time\.h|fcntl\.h|netinet/|stdio\.h>.*fopen)'
if grep -nE "#include $pure" -r daemon/engine daemon/objects; then
    echo "layering: engine/ and objects/ know no I/O, clock, randomness or event loop"
    fail=1
fi
calls='\b(time|gettimeofday|clock_gettime|rand|random|getrandom|arc4random|open|read|write|fopen|printf|socket)\('
if grep -nE "(^|[^a-z_.>])$calls" -r daemon/engine daemon/objects --include="*.c" | grep -vE '^\S+:\s*(/?\*|//)'; then
    echo "layering: engine/ and objects/ call into the outside world"
    fail=1
fi

# mgrctl knows an object type by its line in types.def only. `value` and `lock` are names of arguments, too.
types=$(sed -n 's/^TYPE([A-Z]*, \([a-z]*\),.*/\1/p' wire/proto/types.def | tr '\n' '|')
named=$(printf '%s' "${types%|}" | sed 's/|value|/|/; s/|lock|/|/')
if grep -nE "\"($named)( [a-z_]+)?\"|type[^\"]*\"(value|lock)\"" -r cli --include="*.[ch]" | grep -vE '/\*.*\*/$'; then
    echo "layering: cli/ names a type: what it has to know of it belongs into wire/proto/types.def"
    fail=1
fi

# Every header compiles alone. gcc takes one file after the other when it gets several, and does not mix them.
if ! find wire daemon client cli -name "*.h" | sort |
    xargs -P 2 -n 16 ${CC:-gcc} -std=c17 -D_GNU_SOURCE -I. -Ibuild/gen -fsyntax-only -x c; then
    echo "layering: a header does not compile alone"
    fail=1
fi
[ $fail = 0 ] && echo "layering: ok"
exit $fail
