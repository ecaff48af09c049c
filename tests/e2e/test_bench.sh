# mgr-bench against a daemon: every reply checked, the server's CPU measured, wrong options refused.
cd "$(dirname "$0")/../.." || exit 1
MGRD=build/mgrd MGRCTL=build/mgrctl
. tests/e2e/lib/daemon.sh
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_daemon
kill $daemon_pid
wait $daemon_pid
printf 'listen: ["127.0.0.1:%s", "unix:%s"]\n' "$port" "$work/mgrd.sock" >"$work/mgrd.yaml"
"$mgrd" -c "$work/mgrd.yaml" 2>"$work/daemon.err" &
daemon_pid=$!
until mgrctl -q server ping >/dev/null 2>&1; do kill -0 $daemon_pid || die 'the daemon ended'; done
bench="build/mgr-bench -s 127.0.0.1:$port --keys 20000 --requests 50000 --connections 10 --pid $daemon_pid"
exits 0 $bench --fill --pipeline 16
exits 0 $bench --workload get --pipeline 16
grep -q '0 misses, 0 errors' "$work/stdout" || die "replies: $(cat "$work/stdout")"
echo "measured: $(tr -s '\n ' ' ' <"$work/stdout")"
exits 0 $bench --workload set --csv
same 14 "$(awk -F, '{print NF}' "$work/stdout")" 'columns'
exits 0 mgrctl dict clear bench
exits 70 $bench --workload get
exits 64 $bench --pipeline 0
exits 64 $bench --workload nothing
exits 69 build/mgr-bench -s 127.0.0.1:1
all_done
