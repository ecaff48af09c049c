#!/bin/sh
# dict get and set against Redis: the same generator, interleaved rounds, medians of server CPU seconds
# per million requests and of requests per second, and the ratios. Server on CPU 0, generator on CPU 1.
set -eu
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-3}
requests=${REQUESTS:-1000000}
keys=${KEYS:-1000000}
work=$(mktemp -d)
redis_pid= mgrd_pid=
stop() {
    [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
    [ -z "$mgrd_pid" ] || kill "$mgrd_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT INT TERM
first='taskset -c 0' second='taskset -c 1'
taskset -c 1 true 2>/dev/null || first= second=

redis_port=17601 mgrd_port=17600
printf 'listen: ["127.0.0.1:%s"]\njournal: {mode: memory}\nlog: {level: error}\n' $mgrd_port >"$work/mgrd.yaml"
$first redis-server --port $redis_port --bind 127.0.0.1 --save '' --appendonly no --daemonize no \
    --dir "$work" >"$work/redis.log" 2>&1 &
redis_pid=$!
$first build/mgrd -c "$work/mgrd.yaml" >"$work/mgrd.log" 2>&1 &
mgrd_pid=$!
bench() { $second build/mgr-bench --csv --no-header --keys "$keys" "$@"; }
mgr() { bench --protocol mgr -s 127.0.0.1:$mgrd_port --pid $mgrd_pid "$@"; }
resp() { bench --protocol resp -s 127.0.0.1:$redis_port --pid $redis_pid "$@"; }
tries=0
until mgr -n 1 -c 1 --fill -k 1 >/dev/null 2>&1 && resp -n 1 -c 1 --fill -k 1 >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { echo "bench: a server does not answer"; cat "$work"/*.log; exit 1; }
    read -r _ </proc/loadavg
done
mgr --fill -P 64 >/dev/null
resp --fill -P 64 >/dev/null
for round in $(seq "$rounds"); do
    for pipeline in 1 16 64; do
        for workload in get set; do
            mgr -w $workload -P $pipeline -n "$requests" --seed "$round"
            resp -w $workload -P $pipeline -n "$requests" --seed "$round"
        done
    done
done >"$work/runs.csv"
awk -F, '
function median(list,    a, n, i, j, t) {
    n = split(list, a, " ")
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] + 0 < a[i] + 0) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
}
{ key = $2 " P" $4; if (!(key in seen)) { seen[key] = 1; order[++count] = key }
  cpu[key, $1] = cpu[key, $1] " " $9; rps[key, $1] = rps[key, $1] " " $8; p99[key, $1] = p99[key, $1] " " $11 }
END {
    printf "%-10s %12s %12s %7s %12s %12s %7s %9s %9s\n", "workload", "redis cpu/M", "mgrd cpu/M", "ratio", "redis rps", "mgrd rps", "ratio", "redis p99", "mgrd p99"
    for (i = 1; i <= count; i++) {
        k = order[i]
        rc = median(cpu[k, "resp"]); mc = median(cpu[k, "mgr"]); rr = median(rps[k, "resp"]); mr = median(rps[k, "mgr"])
        printf "%-10s %12.3f %12.3f %7.2f %12.0f %12.0f %7.2f %6d us %6d us\n", k, rc, mc, rc / mc, rr, mr, mr / rr, median(p99[k, "resp"]), median(p99[k, "mgr"])
    }
}' "$work/runs.csv"
