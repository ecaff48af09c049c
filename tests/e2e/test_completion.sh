# Completion in bash: what the functions of cli/completion offer for a line, with a daemon to ask for names.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
start_daemon
PATH=$PWD/$(dirname "$mgrd"):$PATH
cat >"$work/complete.bash" <<'END'
. "$PWD/cli/completion/mgrctl.bash"
. "$PWD/cli/completion/mgrd.bash"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
cd "$FILES" || exit 1
COMP_LINE="$*"
case $1 in mgrctl) _mgrctl "$1" ;; *) _mgrd "$1" ;; esac
printf '%s\n' "${COMPREPLY[@]}" | sort -u | tr '\n' ' '
END
# offers CANDIDATES WORD...: the last word is the one that is being written
offers() {
    wanted=$1
    shift
    got=$(FILES=$work/files bash "$work/complete.bash" "$@" 2>"$work/stderr") || die "$*: $(cat "$work/stderr")"
    same "$wanted" "$got" "completion of '$*'"
}
mkdir "$work/files"
touch "$work/files/file.json" "$work/files/file two"
mgrctl create queue jobs
mgrctl create queue jars
mgrctl create lock latch
mgrctl create rlock ladder
mgrctl create list latest

offers 'dict ' mgrctl di
offers 'jars jobs ' mgrctl queue get j
offers 'jobs ' mgrctl queue nack jars 5 --to jo
offers 'jobs ' mgrctl queue each jars --dead jo
offers 'ladder latch ' mgrctl create condition c --lock la
offers 'lifo ' mgrctl create queue q --kind l
offers 'latch ' mgrctl lock acquire --lease 5s lat
# files: where an argument is one, and behind @
offers 'file two file.json ' mgrctl load fi
offers 'file two file.json ' mgrctl server backup f
offers '@file.json ' mgrctl dict set d k @file.
offers ' ' mgrctl dict set d k file.
# programs behind --
offers 'mgrctl ' mgrctl lock run latch -- mgrctl
same 1 "$(FILES=$work/files bash "$work/complete.bash" mgrctl queue each jobs -- ca | grep -c '\bcat\b')" 'programs behind --'
offers 'file two file.json ' mgrctl lock run latch -- cat fi
# sessions
mgrctl --client held --lease 60s rlock acquire ladder >/dev/null || die 'a session that stays'
id=$(mgrctl __complete session kill '' | sed -n 's/\theld$//p')
[ -n "$id" ] && mgrctl session ls | grep -q "$id.*held" || die "'$id' is no number of a session"
offers "$id " mgrctl session kill "$id"
# the other programs
offers '--check-config ' mgrd --check
offers '--workload ' mgr-bench --work
offers 'list-append list-pop ' mgr-bench -w list-
all_done
