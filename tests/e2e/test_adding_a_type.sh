# long
# docs/adding-a-type.md, done as it says: its blocks are applied to a copy of the tree, what comes out is built, its
# suites are run, its console lines print what they print there, and an object of the new type survives restarts.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
. tests/e2e/lib/tour.sh
page=docs/adding-a-type.md
older=$PWD/build/asan/mgrctl

# ---- the blocks: new files, and patches
copy=$work/copy
mkdir "$copy" "$work/blocks"
cp -r Makefile proto wire daemon client cli scripts bench tests "$copy/"
awk -v blocks="$work/blocks" '
    /^```/ && file != "" { close(file); file = ""; next }
    /^```diff$/ { file = sprintf("%s/%02d.diff", blocks, ++n); next }
    /^```[a-z]+ [a-z_\/.]+$/ { file = sprintf("%s/%02d.new", blocks, ++n); print $2 > file; next }
    /^```/ { file = "/dev/null" }
    file != "" { print > file }
' $page
for block in "$work"/blocks/*; do
    checks=$((checks + 1))
    case $block in
    *.new) sed 1d "$block" >"$copy/$(sed 1q "$block")" ;;
    *) patch -s -F 0 -p1 --no-backup-if-mismatch -d "$copy" <"$block" >"$work/patch.log" ||
        die "$page: a block does not apply: $(cat "$work/patch.log" "$block")" ;;
    esac
done
[ $checks -ge 15 ] || die "only $checks blocks in $page"

# ---- building: without optimisation, and of the unit tests only the suites that the page names
suites=$(sed -n 's/^make unit SUITE="\(.*\)"$/\1/p' $page)
[ -n "$suites" ] || die "$page names no suites"
sources=$(printf 'tests/unit/test_%s.c ' $suites)
began=$(date +%s)
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$copy" VARIANT=tutorial FLAGS_tutorial='-O0 -Wno-maybe-uninitialized' CC="${CC:-gcc}" \
    BENCH_SRC= UNIT_SRC="$sources" build/tutorial/mgrd build/tutorial/mgrctl build/tutorial/unit \
    >"$work/make.log" 2>&1 || die "$page: it does not build: $(grep -v '^  CC' "$work/make.log" | tail -n 30)"
echo "measured: built in $(($(date +%s) - began)) s"
checks=$((checks + 1))

# ---- its suites
began=$(date +%s)
"$copy/scripts/unit.sh" build/tutorial/unit $suites >"$work/unit.log" 2>&1 || die "$page: $(cat "$work/unit.log")"
checks=$((checks + 1))
echo "measured: suites $suites in $(($(date +%s) - began)) s"
(cd "$copy" && /usr/bin/python3 -B -c '
import sys
sys.path.insert(0, "bench")
import turns_rows
sys.exit("counter_reset" not in turns_rows.ROWS)') || die "$page: bench/turns_rows.py"

# ---- its console, then restarts
mgrd=$copy/build/tutorial/mgrd
PATH=$copy/build/tutorial:$PATH
mkdir "$work/state"
kept="journal: {mode: log}
state: $work/state"
start_daemon "$kept"
tour_extract $page "$copy"
[ "$commands" -ge 10 ] || die "only $commands lines of a tour in $page"
tour_run $page "$copy"

restart() { # SIGNAL
    kill "-$1" $daemon_pid
    wait $daemon_pid 2>/dev/null
    start_daemon "$kept"
}
mgrctl counter set visits -7
restart KILL
prints -7 mgrctl counter get visits
mgrctl server save >/dev/null
mgrctl counter add visits >/dev/null
restart KILL
prints -6 mgrctl counter get visits
restart TERM
prints -6 mgrctl counter get visits

# ---- a mgrctl that does not know the type leaves the object out of a dump, and goes on behind it
mgrctl create list after '[2]'
mgrctl create list zebra '[1]'
mgrctl list append zebra '!ref visits'
exits 70 "$older" dump
says '"visits" is of a type that this mgrctl does not know'
says '1 object was left out'
same "$(printf '%s\n' '{"mgrd_dump": 1}' '{"object": "after", "type": "list", "content": [2]}' \
    '{"object": "zebra", "type": "list", "content": [1, {"$ref": "visits"}]}' '{"end": true}')" "$(cat "$work/stdout")" 'what is dumped'
all_done
