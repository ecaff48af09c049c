# long
# Locks, queues and their like as a person and a script meet them: what is created, what a single command may
# leave behind, what is printed, what happens when it is killed or cannot print.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
start_daemon
export MGRCTL_TIMEOUT=60 # nothing here hangs

# eventually WANTED COMMAND...: until it prints that
eventually() {
    wanted=$1
    shift
    tries=0
    until [ "$("$@" 2>"$work/stderr")" = "$wanted" ]; do
        tries=$((tries + 1))
        [ $tries -lt 2000 ] || die "$* never printed '$wanted': $("$@" 2>&1)"
    done
    checks=$((checks + 1))
}
waiters() { # NAME COUNT: until so many wait for it
    eventually "$2" "$look" info "$1" --pick waiters
}
# A detached session that holds nothing any more stays until its lease ends.
busy_sessions() {
    "$look" -j session ls | jq -c '[.[] | select(.attached or .grants + .waiters + .holds > 0)] | length'
}
no_sessions() {
    eventually 0 busy_sessions
}

# ---- create: INIT by position, the rest by name
mgrctl create semaphore permits 3 --bounded
prints '{permits: 3, free: 3, bounded: true}' mgrctl show permits
mgrctl create barrier meet 2 --patience 5s
prints 2 mgrctl barrier parties meet
mgrctl create event flag true
prints true mgrctl event is-set flag
mgrctl create queue ranked '[3, 1, 2]' --kind priority --maxsize 10
prints '[1, 2, 3]' mgrctl show ranked
prints '[1, 2, 3]' mgrctl -o python show ranked
prints 3 mgrctl queue len ranked
mgrctl create pipe tube --one-way --maxsize 2
mgrctl create lock door
mgrctl create condition news --lock door
for name in permits meet flag ranked tube door news; do
    prints "$name" mgrctl info "$name" --pick name
    mgrctl show "$name" >"$work/shown" || die "show $name"
    grep -q . "$work/shown" || die "show $name printed nothing"
done
prints '{set: true}' mgrctl show flag
exits 0 mgrctl create semaphore permits 3 --bounded --if-absent
exits 80 mgrctl create barrier meet 3 --if-absent
says 'parties'
exits 80 mgrctl create queue ranked --kind fifo --if-absent
says 'priority'
# --create makes the default; a barrier has none
prints '' mgrctl event set made --create
prints '' mgrctl queue put made-too 1 --create
exits 66 mgrctl barrier wait never --create
says 'mgrctl create barrier never 3'

# ---- objects of the configuration; a condition that names a lock stands behind it
cat >"$work/objects.yaml" <<END
listen: ["unix:$work/other.sock"]
objects:
  door: {type: rlock}
  news: {type: condition, lock: door}
  jobs: {type: queue, kind: lifo, maxsize: 5, init: [a, b]}
  slots: {type: semaphore, init: 4, bounded: true}
  start: {type: barrier, init: 3, patience: 30s}
  ready: {type: event, init: true}
  line: {type: pipe, maxsize: 3, one_way: true}
END
exits 0 "$mgrd" --check-config -c "$work/objects.yaml"
"$mgrd" -c "$work/objects.yaml" 2>"$work/other.err" &
other=$!
eventually '[b, a]' "$look" -s "unix:$work/other.sock" show jobs
prints 4 mgrctl -s "unix:$work/other.sock" semaphore value slots
prints 3 mgrctl -s "unix:$work/other.sock" barrier parties start
prints true mgrctl -s "unix:$work/other.sock" event is-set ready
prints door mgrctl -s "unix:$work/other.sock" info news --pick lock
prints true mgrctl -s "unix:$work/other.sock" info line --pick one_way
kill $other
wait $other || die "the other daemon ended with $?"
printf 'objects: {news: {type: condition, lock: door}, door: {type: lock}}\n' >"$work/order.yaml"
exits 78 "$mgrd" --check-config -c "$work/order.yaml"

# ---- a single command leaves no grant behind, unless a lease says for how long
exits 64 mgrctl lock acquire door
says 'mgrctl lock run door -- CMD'
says '--lease 60s'
exits 64 mgrctl queue get ranked --reserve
says 'mgrctl queue each ranked -- CMD'
exits 64 mgrctl pipe attach tube
prints false sh -c 'mgrctl lock locked door || :'
token=$(mgrctl lock acquire door --lease 60s) || die "acquire ended with $?"
case $token in *[!0-9]* | '') die "the token is '$token'" ;; esac
prints true mgrctl lock held door --token "$token"
exits 65 mgrctl create semaphore truth true
says TypeError
exits 1 mgrctl lock acquire door --try --lease 5s
exits 1 mgrctl lock acquire door --timeout 0 --lease 5s
exits 75 mgrctl lock acquire door --timeout 0.1 --lease 5s
prints '' mgrctl dict set guarded k v --create --require "$token"
prints '' mgrctl lock release door --token "$token"
exits 76 mgrctl -q lock release door --token "$token"
says 'gone already'
exits 76 mgrctl dict set guarded k w --require "$token"
no_sessions
same string "$(mgrctl -j lock acquire door --lease 60s | jq -r type)" 'a token in JSON'
mgrctl rm --force door news
no_sessions

# the lease ends by itself; renewing it keeps it
mgrctl create lock short
token=$(mgrctl lock acquire short --lease 1s)
eventually false "$look" lock locked short
exits 76 mgrctl lock renew short --token "$token"
kept=$(mgrctl lock acquire short --lease 5s 2>"$work/stderr")
says "the last owner died while it owned it (token $token)"
mgrctl lock renew short --token "$kept" --lease 60s || die "renew ended with $?"
session=$(mgrctl -r info short --pick 'owners[0].session')
same 60000 "$(mgrctl -j session ls | jq ".[] | select(.session == \"$session\") | .lease_ms")" 'the lease'
exits 75 mgrctl lock acquire short --timeout 1.5 --lease 5s
prints true mgrctl lock held short --token "$kept"

# who is killed while it waits, waits no longer; the next one has it
mgrctl lock acquire short --lease 60s >"$work/killed" &
killed=$!
waiters short 1
kill -9 $killed
wait $killed 2>/dev/null
waiters short 0
same '' "$(cat "$work/killed")" 'nothing was printed'
mgrctl lock release short --token "$kept"
prints false sh -c 'mgrctl lock locked short || :'

# Ctrl-C takes the wait back and says Bye
mgrctl create queue jobs
mgrctl queue get jobs 2>"$work/stderr" &
waiting=$!
waiters jobs 1
kill -INT $waiting
wait $waiting
same 130 $? 'interrupted'
waiters jobs 0
no_sessions

# a lease that is no lease, or that the daemon does not grant, acquires nothing: nobody is warned of a dead owner
unwarned() { # NAME
    token=$(mgrctl lock acquire "$1" --lease 60s 2>"$work/stderr") || die "acquire $1 ended with $?"
    same '' "$(cat "$work/stderr")" "what the owner of $1 is told"
    mgrctl lock release "$1" --token "$token"
}
for lease in 0 1ms 999ms; do
    exits 64 mgrctl lock acquire short --lease $lease
    says '--lease must be at least 1s'
    exits 64 env MGRCTL_LEASE=$lease mgrctl lock acquire short
done
exits 65 mgrctl lock acquire short --lease 2d
says 'the lease may be 1d at most (limits.lease_max)'
unwarned short
mgrctl dict set plain k 1 --create
prints 1 sh -c 'MGRCTL_LEASE=2d mgrctl dict get plain k'
mgrctl create queue once '[a]'
exits 65 mgrctl queue get once --reserve --lease 2d
says 'the lease may be 1d at most (limits.lease_max)'
same '{"attempts":0,"redelivered":false}' \
    "$(mgrctl -j queue get once --reserve --lease 60s | tee "$work/reserved" | jq -c '{attempts, redelivered}')" 'no attempt was used up'
mgrctl queue ack once --token "$(jq -r .token <"$work/reserved")"
exits 65 mgrctl pipe attach tube --lease 2d
# the whole lease counts without a connection too, though the wait was to end soon after it
token=$(mgrctl lock acquire short --lease 60s)
session=$(mgrctl -r info short --pick 'owners[0].session')
same '[60000,60000]' \
    "$(mgrctl -j session ls | jq -c ".[] | select(.session == \"$session\") | [.lease_ms, .linger_ms]")" 'lease and linger'
mgrctl lock release short --token "$token"

# what cannot be printed is given back
for out in /dev/full '&-'; do
    exits 74 sh -c "mgrctl lock acquire short --lease 60s >$out"
    prints false sh -c 'mgrctl lock locked short || :'
    unwarned short
done
mgrctl create rlock again
mgrctl create semaphore pair 2 --bounded
mgrctl create condition behind
for what in 'rlock acquire again' 'semaphore acquire pair 2' 'condition acquire behind'; do
    exits 74 sh -c "mgrctl $what --lease 60s >/dev/full"
    exits 0 mgrctl $what --lease 60s
    same '' "$(cat "$work/stderr")" "what the owner is told: $what"
    mgrctl "${what%% *}" release "$(echo "$what" | cut -d ' ' -f 3)" --token "$(cat "$work/stdout")"
done
no_sessions
mgrctl queue put-many jobs one two three
exits 74 sh -c 'mgrctl queue get jobs >/dev/full'
prints '[one, two, three]' mgrctl show jobs
exits 74 sh -c 'mgrctl queue get jobs >&-'
exits 74 sh -c 'mgrctl queue get jobs --reserve --lease 60s >/dev/full'
prints '[one, two, three]' mgrctl show jobs
exits 0 mgrctl queue get jobs
same one "$(cat "$work/stdout")" 'the item'
says 'redelivered'
exits 79 mgrctl queue get jobs --pick nothing.here
prints '[two, three]' mgrctl show jobs
no_sessions

# ---- reservations
mgrctl create queue work '[a, {b: 1}, c]'
line=$(mgrctl queue get work --reserve --lease 60s)
token=${line%%	*}
same a "${line#*	}" 'TOKEN<TAB>VALUE'
mgrctl queue ack work --token "$token" || die "ack ended with $?"
exits 76 mgrctl queue ack work --token "$token"
same '{"value":{"b":1},"attempts":0,"redelivered":false}' \
    "$(mgrctl -j queue get work --reserve --lease 60s | tee "$work/reserved" | jq -c 'del(.token)')" 'reserved, in JSON'
mgrctl queue nack work --token "$(jq -r .token <"$work/reserved")"
same '{"value":{"b":1},"attempts":1,"redelivered":true}' \
    "$(mgrctl -j queue get work --reserve --lease 1s 2>/dev/null | jq -c 'del(.token)')" 'and again'
eventually '[{b: 1}, c]' "$look" show work
mgrctl create queue dead
token=$(mgrctl queue get work --reserve --lease 60s 2>/dev/null | cut -f 1)
mgrctl queue nack work --token "$token" --to dead
prints '[{b: 1}]' mgrctl show dead
prints c mgrctl queue move work dead
prints '[{b: 1}, c]' mgrctl show dead
# a reference is printed by its name, and that question does not say that the item has arrived
mgrctl create list inner
mgrctl create queue refs '[!ref inner, !ref inner]'
exits 74 sh -c 'mgrctl queue get refs >/dev/full'
prints '[!ref inner, !ref inner]' mgrctl show refs

# ---- pipes
mgrctl pipe send tube hello
exits 74 sh -c 'mgrctl pipe recv tube >/dev/full'
prints hello mgrctl pipe recv tube
mgrctl pipe send tube last
mgrctl pipe close tube 2
prints last mgrctl pipe recv tube
exits 80 mgrctl pipe recv tube
says EOFError

# ---- conditions by single commands
mgrctl create condition c
mgrctl condition wait c >"$work/first" &
first=$!
waiters c 1
mgrctl condition wait c >"$work/second" &
second=$!
waiters c 2
mgrctl condition notify c 1
wait $first || die "the first waiter ended with $?"
same true "$(cat "$work/first")" 'the first one was notified'
waiters c 1
mgrctl condition notify-all c
wait $second || die "the second waiter ended with $?"
exits 75 mgrctl condition wait c --timeout 0.1
same false "$(cat "$work/stdout")" 'nobody notified'
exits 1 mgrctl condition wait c --try
prints false sh -c 'mgrctl condition locked c || :'
printf 'condition acquire c\ncondition notify c\ncondition held c\ncondition release c\n' |
    mgrctl shell >"$work/shell.out" || die "shell: $?"
same true "$(sed -n 2p "$work/shell.out")" 'a shell that has the lock keeps it'

# ---- a barrier: each party prints its index
mgrctl barrier wait meet >"$work/party" &
party=$!
waiters meet 1
prints 1 mgrctl barrier wait meet
wait $party || die "a party ended with $?"
same 0 "$(cat "$work/party")" 'index of the first'
# the end of a wait says what for
mgrctl create queue nothing
mgrctl create event never
exits 75 mgrctl queue get nothing --timeout 0.05
says 'the time to wait ran out (queue "nothing")'
# a lock that its owner may take again, also by a run inside a run; a stranger may not
mgrctl create rlock again
prints inner mgrctl rlock run again -- mgrctl rlock run again --try -- echo inner
prints inner mgrctl rlock run again -- mgrctl lock run between -- mgrctl rlock run again --try -- echo inner
exits 1 mgrctl rlock run again -- env MGRCTL_HELD= mgrctl rlock run again --try -- echo never
exits 1 mgrctl rlock run again -- env MGRCTL_HELD=again=7 mgrctl rlock run again --try -- echo never
prints false sh -c 'mgrctl rlock locked again || :' # all of it was given back
prints true mgrctl rlock run again -- sh -c 'mgrctl rlock run again -- true; mgrctl rlock locked again'
# the shell says that its session is gone; a script ends there
mkfifo "$work/commands"
mgrctl shell <"$work/commands" >/dev/null 2>"$work/stderr" &
shell=$!
exec 3>"$work/commands"
echo 'lock acquire shelled --create' >&3
tries=0
until "$look" -q lock locked shelled 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 500 ] || die 'the shell acquires nothing'
done
mgrctl session kill "$(mgrctl -j info shelled | jq -r '.owners[0].session')"
echo 'lock locked shelled' >&3
exec 3>&-
wait $shell
same 76 $? 'a script whose session was lost'
says 'the session of this shell was lost'
# a pipe's own errors; poll asks
mgrctl create pipe narrow-pipe --maxsize 1
exits 1 env -u MGRCTL_TIMEOUT mgrctl pipe poll narrow-pipe
exits 75 mgrctl pipe poll narrow-pipe --timeout 0.1
exits 1 mgrctl pipe recv narrow-pipe --try
says 'BlockingIOError: no message has come'
mgrctl pipe send narrow-pipe 1
exits 0 mgrctl pipe poll narrow-pipe
exits 1 mgrctl pipe send narrow-pipe 2 --try
says 'BlockingIOError: the pipe is full'
# pages for programs
mgrctl create list paged '[1, 2, 3]'
cursor=$(mgrctl -o json object scan paged --limit 2 | jq -r .cursor)
same '{"items": [3], "cursor": null}' "$(mgrctl -o json object scan paged --cursor "$cursor")" 'the second page'
# where a token comes from that is not alive
exits 76 env MGRCTL_REQUIRE=7 mgrctl dict set guarded k v --create
says 'MGRCTL_REQUIRE says 7'
exits 76 mgrctl dict set guarded k v --create --require 8
grep -q hint "$work/stderr" && die "a hint that says what was typed: $(cat "$work/stderr")"
exits 76 mgrctl rm guarded --require 8
exits 76 mgrctl info guarded --require 8
says 'token 8 is not alive ("guarded")'
# nothing to do now, and not empty: what is missing is told
mgrctl create queue owed '[1, 2]'
mgrctl -q queue get owed --reserve --lease 60s >/dev/null
exits 75 mgrctl queue each owed --until-empty --timeout 0.1 --jobs 1 -- sh -c 'exit 1'
says 'the queue is empty (queue "owed"): 2 items are reserved or delayed'
exits 1 mgrctl queue each owed --until-empty --try -- true
says 'reserved or delayed'
mgrctl -q rm --force owed
mgrctl create lock leased
token=$(mgrctl lock acquire leased --lease 60s)
exits 65 mgrctl lock renew leased --token "$token" --lease 2d
says '1d at most (limits.lease_max)'
mgrctl -q rm --force leased guarded
# who is in the way, and since when: what cron sends when a lock was not to be had in time
mgrctl -q create lock held
token=$(mgrctl lock acquire held --lease 60s --client nightly)
exits 75 mgrctl lock run held --timeout 0.1 -- true
says 'the time to wait ran out (lock "held"), held by nightly for '
exits 1 mgrctl lock run held --try -- true
says '(lock "held"), held by nightly for '
exits 75 mgrctl lock acquire held --lease 5s --timeout 0.1
says '(lock "held"), held by nightly for '
exits 75 mgrctl -q lock run held --timeout 0.1 -- true
same '' "$(cat "$work/stderr")" 'quiet'
mgrctl lock release held --token "$token"
exits 75 mgrctl -q queue get nothing --timeout 0.05
same '' "$(cat "$work/stderr")" 'quiet'
exits 1 mgrctl queue get nothing --try
same 1 "$(grep -o '"nothing"' "$work/stderr" | wc -l)" "named once: $(cat "$work/stderr")"
mgrctl barrier wait meet --try 2>"$work/stderr" || says '(barrier "meet")'
mgrctl barrier reset meet
mgrctl barrier wait meet 2>/dev/null &
party=$!
waiters meet 1
kill -INT $party
wait $party
same 130 $? 'an interrupted party'
exits 80 mgrctl barrier wait meet
says BrokenBarrierError
mgrctl barrier reset meet
exits 1 mgrctl barrier broken meet

# ---- an item that was given to somebody who was killed is not lost
mgrctl create queue safe
mgrctl queue get safe >/dev/full 2>&1 &
killed=$!
waiters safe 1
kill -9 $killed
wait $killed 2>/dev/null
mgrctl queue put safe precious
prints precious mgrctl queue get safe --timeout 60

# ---- streams
seq 2000 | mgrctl queue put-many stream - --create
prints 2000 mgrctl queue len stream
printf 'one\n{"two": 2}\n' | mgrctl queue put-many lines - --lines --create
prints "[one, '{\"two\": 2}']" mgrctl show lines
printf '1\n2\nnot json\n' >"$work/broken"
exits 65 sh -c "mgrctl queue put-many lines - <'$work/broken'"
says 'stopped at line 3; 2 are in'
mgrctl create queue narrow --maxsize 4
exits 75 sh -c 'seq 9 | mgrctl queue put-many narrow - --timeout 0.1'
says 'stopped at lines 5 to 6; 4 are in'
mgrctl queue clear narrow >/dev/null
exits 1 sh -c 'seq 9 | mgrctl queue put-many narrow - --try'
says 'stopped at lines 5 to 6; 4 are in'
mgrctl queue clear narrow >/dev/null
seq 30 | mgrctl queue put-many narrow - &
feeder=$!
got=
for i in $(seq 30); do got="$got $(mgrctl queue get narrow --timeout 60)"; done
wait $feeder || die "the feeder ended with $?"
same "$(seq 30 | tr '\n' ' ')" "${got# } " 'each of them once, in order'

# ---- on a terminal a long wait says what it waits for, and who has it
if command -v script >/dev/null; then
    token=$(mgrctl --client somebody lock acquire short --lease 60s)
    script -fqec "mgrctl lock acquire short --lease 1s --timeout 10" "$work/terminal" >/dev/null &
    script=$!
    tries=0
    until "$look" -q server ping >/dev/null && grep -qs 'waiting: lock acquire short, held by somebody for' "$work/terminal"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] && kill -0 $script 2>/dev/null || die "no note: $(cat "$work/terminal")"
    done
    checks=$((checks + 1))
    mgrctl lock release short --token "$token"
    wait $script || die "the wait on a terminal ended with $?"
else
    echo 'skip: the note of a long wait: there is no script(1) to make a terminal'
fi

# ---- help and completion know all types
for word in event lock rlock semaphore condition barrier queue pipe; do
    mgrctl help $word >"$work/help" || die "help $word"
    grep -q "$word " "$work/help" || die "help $word is empty"
done
mgrctl __complete lock >"$work/help"
mgrctl __complete lock '' | grep -q '^acquire' || die 'completion of lock'
all_done
