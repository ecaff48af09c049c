#!/bin/sh
# Branch coverage of wire/, engine/ and objects/ by the unit tests; fails below 85 %.
set -eu
cd "$(dirname "$0")/.."
make -j"$(nproc)" VARIANT=cover build/cover/unit >/dev/null
find build/obj/cover -name '*.gcda' -delete
CK_FORK=yes build/cover/unit >build/cover/unit.log || { tail -n 20 build/cover/unit.log; exit 1; }
gcovr --root . --object-directory build/obj/cover --branches \
    --filter 'wire/' --filter 'daemon/engine/' --filter 'daemon/objects/' \
    --exclude-throw-branches --exclude-unreachable-branches \
    --fail-under-branch 85 --print-summary
