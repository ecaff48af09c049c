# mgr-bench against a daemon and against redis-server: every workload with every reply checked, both
# loops, all formats, and how it ends when something is wrong.
cd "$(dirname "$0")/../.." || exit 1
MGRD=build/mgrd MGRCTL=build/mgrctl
. tests/e2e/lib/daemon.sh
redis_pid=
finish_all() {
    code=$?
    [ -z "$redis_pid" ] || { kill "$redis_pid" && wait "$redis_pid"; }
    (exit $code)
    finish
}
trap finish_all EXIT
free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port)
# mgrd_on_port [EXTRA YAML]
mgrd_on_port() {
    printf 'listen: ["127.0.0.1:%s", "unix:%s"]\n%s\n' "$port" "$work/mgrd.sock" "${1:-}" >"$work/mgrd.yaml"
    "$mgrd" -c "$work/mgrd.yaml" 2>"$work/daemon.err" &
    daemon_pid=$!
    until "$look" -q server ping >/dev/null 2>&1; do kill -0 $daemon_pid || die 'the daemon ended'; done
}
mgrd_on_port
bench="build/mgr-bench -s 127.0.0.1:$port -k 2000 -n 4000 -c 8"
# waits_for COMMAND...: until it is true, for 10 s
waits_for() {
    end=$(($(date +%s) + 10))
    until "$@"; do [ "$(date +%s)" -lt $end ] || die "in vain: $*"; done
}
# column NAME: of the csv in $work/stdout
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } NR == 2 { print $at }' "$work/stdout"
}
# within LEAST MOST NUMBER WHAT
within() {
    checks=$((checks + 1))
    awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { exit !(n >= a && n <= b) }' || die "$4: $3 is not from $1 to $2"
}
# clean COMMAND...: a run without a wrong reply
clean() {
    exits 0 "$@"
    grep -q ' 0 misses, 0 errors' "$work/stdout" || die "$*: $(cat "$work/stdout")"
}

# ---- every workload ----
workloads=$(build/mgr-bench --help | awk '/^Workloads:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }')
same 10 "$(echo "$workloads" | wc -l)" 'workloads in the help'
every_workload() {
    clean "$@" -w fill -P 16
    for workload in $workloads; do
        clean "$@" -w "$workload"
        clean "$@" -w "$workload" -P 64 --seed 2
    done
}
every_workload $bench
prints 0 mgrctl list len bench/list
prints 0 mgrctl queue len bench/queue
clean $bench -w list-append
prints 4000 mgrctl list len bench/list
prints 4000 mgrctl show bench/value
prints 2000 mgrctl dict len bench
exits 1 mgrctl lock locked bench/lock/000000000007
clean $bench -w queue-put
clean $bench -w list-pop -s "unix:$work/mgrd.sock" --name other/place
prints 0 mgrctl list len other/place/list
clean build/mgr-bench -s "127.0.0.1:$port" -w lock -c 3 -P 3 -n 1001 # the last one is not released
exits 1 mgrctl lock locked bench/lock/000000000002
for size in 4096 4097 65536 1048576; do
    clean build/mgr-bench -s "127.0.0.1:$port" --fill -d $size -k 20 -c 3 -P 4 --name "big$size"
    clean build/mgr-bench -s "127.0.0.1:$port" -w mix -d $size -k 20 -c 3 -P 4 -n 60 --name "big$size"
done
clean $bench --fill --pid $daemon_pid --name grows
grep -q 'server CPU: [0-9.]* s per million' "$work/stdout" || die "no CPU time: $(cat "$work/stdout")"
grep -q 'bytes per entry' "$work/stdout" || die "no memory: $(cat "$work/stdout")"

# ---- formats ----
exits 0 $bench --hot 10 -o csv
same 'protocol,workload,connections,pipeline,value,requests,seconds,rps,cpu_s_per_million,p50_us,p99_us,p999_us,misses,errors' \
    "$(head -n 1 "$work/stdout" | cut -d, -f 1-14)" 'the columns of before'
same 1 "$(awk -F, '{print NF}' "$work/stdout" | uniq | wc -l)" 'as many columns as names'
same 'mgr,get,8,1,32,4000' "$(sed -n 2p "$work/stdout" | cut -d, -f 1-6)" 'what was asked for'
same 10 "$(column keys)" 'keys'
exits 0 $bench --csv --no-header
same 1 "$(wc -l <"$work/stdout")" 'lines without a header'
exits 0 $bench -o json --pid $daemon_pid
python3 -m json.tool <"$work/stdout" >"$work/json" || die 'no json'
grep -q '"requests": 4000' "$work/json" || die "json: $(cat "$work/json")"
exits 0 $bench -n 100
same '' "$(cat "$work/stderr")" 'standard error without a terminal'

# ---- open loop ----
exits 0 $bench -n 1000000 --rate 2000 --seconds 0.5 --csv
same 1000 "$(column requests)" 'requests that are due in half a second'
within 0.49 2 "$(column seconds)" 'seconds'
within 1 200000 "$(column p50_us)" 'median latency'
echo "measured: 2000 requests/s, p50 $(column p50_us) us, p99 $(column p99_us) us"
# A server that stands still: requests go on being due, and all that are late count.
reads=$(mgrctl server stat --pick reads)
$bench --rate 1000 --seconds 1 --csv >"$work/stdout" 2>"$work/stderr" &
bench_pid=$!
until [ "$("$look" server stat --pick reads)" -gt $((reads + 50)) ]; do
    kill -0 $bench_pid || die 'the load ended before the daemon was stopped'
done
kill -STOP $daemon_pid
sleep 0.4 # how long it stands still: this is the fault, not a wait for something
kill -CONT $daemon_pid
wait $bench_pid || die "while the daemon stood: $(cat "$work/stderr")"
same 1000 "$(column requests)" 'requests in spite of it'
within 250000 2000000 "$(column max_us)" 'the longest latency'
within 100000 2000000 "$(column p99_us)" 'one in a hundred'
exits 0 $bench -n 100000000 --seconds 0.3 --csv
within 0.29 2 "$(column seconds)" 'seconds of a closed loop'

# ---- options that make no sense ----
while read -r options; do
    # shellcheck disable=SC2086
    exits 64 build/mgr-bench $options
    same 2 "$(wc -l <"$work/stderr")" "lines about $options"
    says 'hint: mgr-bench --help'
done <<'END'
--pid 999999999
-s 127.0.0.1:85237
-s 127.0.0.1:0
--pipeline 0
--pipeline 257
-c 0
-c 20001
-d 0
-d 1048577
-n x
-n 99999999999999999999
-n
--seconds 0
--seconds soon
--rate 0
--hot 11 -k 10
--workload nothing
--protocol http
--output xml
--name a//b
--server nowhere
--server unix:
-n 0
--hold 1
-w queue-get --seconds 1
--no-such-option
word
END

# ---- wrong replies, servers that are not there, go away or say nothing ----
exits 70 $bench --name other
says 'there is no such key'
exits 70 $bench -w get -d 20
says 'of another length'
exits 0 mgrctl create list taken
exits 70 $bench -w get --name taken
says 'making objects failed'
exits 69 build/mgr-bench -s 127.0.0.1:1
says 'Connection refused'
exits 69 build/mgr-bench -s "unix:$work/nothing"
$bench -n 100000000 -w value-add --name victim >"$work/stdout" 2>"$work/stderr" &
bench_pid=$!
waits_for mgrctl -q exists victim/value
kill -KILL $daemon_pid
wait $daemon_pid 2>/dev/null
daemon_pid=
wait $bench_pid
same 69 $? "the daemon was killed: $(cat "$work/stderr")"
says 'mgr-bench: '
mgrd_on_port

# ---- signals, idle connections ----
$bench -n 100000000 -w value-add --csv >"$work/stdout" 2>"$work/stderr" &
bench_pid=$!
waits_for mgrctl -q exists bench/value
kill -INT $bench_pid
wait $bench_pid
same 130 $? 'the exit code of Ctrl-C'
clean $bench -w fill --idle 100
build/mgr-bench -s "127.0.0.1:$port" -n 0 --idle 200 >"$work/stdout" 2>"$work/stderr" &
bench_pid=$!
waits_for grep -q 'holding 200 connections' "$work/stdout"
within 201 210 "$(mgrctl -r server stat --pick connections)" 'connections of the daemon'
kill -TERM $bench_pid
wait $bench_pid
same 0 $? 'the exit code of a hold that was ended'
exits 0 build/mgr-bench -s "127.0.0.1:$port" -n 0 --idle 3 --hold 0.1
exits 74 sh -c "$bench -n 10 >/dev/full"

# ---- a log: every request in flight waits for a commit, and is answered though nobody asks anew ----
kill $daemon_pid
wait $daemon_pid
mgrd_on_port "state: $work/state
journal: {mode: log}"
clean build/mgr-bench -s "127.0.0.1:$port" -w set -P 64 -k 100000 --seconds 3

# ---- a server that speaks RESP ----
if command -v redis-server >/dev/null; then
    redis_port=$(free_port)
    redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis.log" &
    redis_pid=$!
    resp="build/mgr-bench --protocol resp -s 127.0.0.1:$redis_port -k 2000 -n 4000 -c 8"
    waits_for sh -c "$resp -n 1 --fill -k 1 >/dev/null 2>&1"
    every_workload $resp
    clean $resp --fill -d 65536 -k 100
    exits 70 $resp -w get -d 32 -k 100
    exits 70 $resp -w get -d 65536 -k 200000
    exits 0 $resp --rate 2000 --seconds 0.2 --idle 10 -w value-add --csv
    same 400 "$(column requests)" 'RESP: requests that are due'

    # ---- the comparison, small ----
    compare="/usr/bin/python3 -B bench/compare.py --quick --out $work/results"
    exits 0 $compare --only 'get uniform P16|entry|idle|Manager with 1 c'
    same 5 "$(grep -cE '^(get uniform P16|p99 of get|memory per|Manager with 1)' "$work/stdout")" 'rows of the table'
    same 5 "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["rows"]))' <"$work/results/results.json")" \
        'rows of the json'
    same 1 "$(awk -F, '{print NF}' "$work/results/results.csv" | uniq | wc -l)" 'as many columns in each line of csv'
    same 5 "$(grep -cE '^\| (get|p99|memory|Manager)' "$work/results/results.md")" 'rows of the Markdown'
    exits 0 /usr/bin/python3 -B bench/picture.py "$work/results/results.json"
    python3 -c 'import xml.dom.minidom, sys; xml.dom.minidom.parse(sys.stdin)' <"$work/stdout" || die 'the picture'
    $compare --only 'lock|longest' --gate >"$work/stdout" 2>"$work/stderr"
    code=$?
    same $code "$(grep -q '^gate: BELOW' "$work/stdout" && echo 1 || echo 0)" "the gate's exit code"
    exits 70 $compare --only 'no such row'
else
    echo 'skip: RESP and the comparison: there is no redis-server'
fi
all_done
