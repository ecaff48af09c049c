# For shell tests: a daemon of their own on a private socket, and checks. Source it from the project's root.
# MGRD and MGRCTL choose the binaries; the sanitized ones are the default. $look is a faster mgrctl, for what is
# asked again and again until it is so.
set -u
mgrd=${MGRD:-build/asan/mgrd}
PATH=$PWD/$(dirname "${MGRCTL:-build/asan/mgrctl}"):$PATH
look=$PWD/build/mgrctl
work=$(mktemp -d)
daemon_pid=
export MGRCTL_SERVER="unix:$work/mgrd.sock"
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

finish() {
    code=$?
    [ -z "$daemon_pid" ] || { kill "$daemon_pid" 2>/dev/null && wait "$daemon_pid"; } || {
        echo "the daemon ended with $?"
        code=1
    }
    if grep -nE 'ERROR: AddressSanitizer|LeakSanitizer|runtime error:|Assertion' "$work"/*.err; then
        cat "$work"/*.err
        code=1
    fi
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# start_daemon [EXTRA YAML]: returns when it answers. Without a journal, unless the extra lines have one.
start_daemon() {
    case ${1:-} in
    *journal:*) journal_line= ;;
    *) journal_line='journal: {mode: memory}' ;;
    esac
    printf 'listen: ["unix:%s"]\n%s\n%s\n' "$work/mgrd.sock" "$journal_line" "${1:-}" >"$work/mgrd.yaml"
    "$mgrd" -c "$work/mgrd.yaml" 2>"$work/daemon.err" &
    daemon_pid=$!
    tries=0
    until "$look" -q server ping >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 2000 ] || ! kill -0 $daemon_pid 2>/dev/null; then
            echo "the daemon did not come up:"
            cat "$work/daemon.err"
            exit 1
        fi
    done
}

checks=0
die() {
    echo "FAILED: $*"
    exit 1
}
# same WANTED GOT WHAT
same() {
    checks=$((checks + 1))
    [ "$1" = "$2" ] || die "$3
  wanted: $1
  got:    $2"
}
# prints WANTED COMMAND...: standard output is exactly that
prints() {
    wanted=$1
    shift
    got=$("$@" 2>"$work/stderr") || die "$* ended with $?: $(cat "$work/stderr")"
    same "$wanted" "$got" "$*"
}
# exits CODE COMMAND...: its standard error is left in $work/stderr
exits() {
    wanted=$1
    shift
    "$@" >"$work/stdout" 2>"$work/stderr"
    same "$wanted" "$?" "$*: $(cat "$work/stderr")"
}
# says TEXT: the last command run by exits said so on standard error
says() {
    checks=$((checks + 1))
    grep -qF -- "$1" "$work/stderr" || die "standard error does not say '$1': $(cat "$work/stderr")"
}
all_done() {
    echo "$checks checks"
}
