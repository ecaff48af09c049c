# Help: the examples of every type do what they say, and the manual pages are whole.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
. tests/e2e/lib/tour.sh

# ---- the examples of `mgrctl help TYPE`, as one tour
start_daemon
mkdir "$work/tree"
for type in $(sed -n 's/^TYPE([A-Z]*, \([a-z]*\),.*/\1/p' wire/proto/types.def); do
    mgrctl help "$type" >"$work/help" || die "help $type"
    sed -n '/^Examples:$/,/^$/s/^  //p' "$work/help" >"$work/example"
    [ -s "$work/example" ] || die "help $type has no example"
    { echo '```console'; cat "$work/example"; echo '```'; } >>"$work/page"
done
tour_extract "$work/page" "$work/tree"
[ "$commands" -gt 40 ] || die "only $commands lines of examples"
tour_run "$work/page" "$work/tree"

# ---- manual pages, filled in
programs=$(dirname "${MGRCTL:-build/asan/mgrctl}")
for page in docs/*.[1358]; do
    checks=$((checks + 1))
    scripts/man.sh 1.2.3 "$page" "$programs" >"$work/$(basename "$page")" || die "$page"
    grep -nE '@[A-Z]+@' "$work/$(basename "$page")" | grep -v '^[0-9]*:\.\\"' && die "$page: it stands for something else"
done
for heading in OPTIONS TYPES COMMANDS LITERALS 'EXIT STATUS'; do
    same 1 "$(grep -cx ".SH $heading" "$work/mgrctl.1")" "mgrctl(1): $heading"
done
same 1 "$(grep -c '^.TH MGRCTL 1 "" "mgrd 1.2.3"' "$work/mgrctl.1")" 'the version in mgrctl(1)'
same 0 "$(grep -c 'as it was before the build' "$work/mgrctl.1")" 'the stand-in of mgrctl(1)'
all_done
