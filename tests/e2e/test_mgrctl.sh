# What a person does in the first minutes, and what scripts rely on.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
start_daemon

# a missing object prints the line that creates it
exits 66 mgrctl dict set d k v
says 'mgrctl create dict d'
prints '' mgrctl dict set d k v --create
prints v mgrctl dict get d k
mgrctl rm d

# what goes in comes out
prints '' mgrctl dict set cfg version 3.10 --create
prints 3.10 mgrctl dict get cfg version
mgrctl dict set cfg zip 10115
same 10115 "$(mgrctl -r dict get cfg zip)" 'raw has no quotes'
mgrctl -S dict set cfg text "$(printf 'a\nb ')"
same "$(printf 'a\nb ')" "$(mgrctl -r dict get cfg text)" 'a newline and a trailing blank'
for word in '@types/node' '-x' 'key with spaces' '' '{' '[1' '!x' '~' 'null' 'true' '0x10' '007' '1e3' "it's" 'ü€😀' '--help'; do
    mgrctl -S dict set -- cfg "$word" "$word" || die "set '$word'"
    same "$word" "$(mgrctl -S -r dict get -- cfg "$word")" "a word of any kind: '$word'"
done
mgrctl dict set cfg node "'@types/node'"
prints "'@types/node'" mgrctl dict get cfg node
same '@types/node' "$(mgrctl -r dict get cfg node)" 'quoted in, plain out'
mgrctl dict set cfg blob '!!binary AAECAw=='
same '00010203' "$(mgrctl -r dict get cfg blob | od -An -tx1 | tr -d ' \n')" 'bytes come out as they are'
printf 'from\0stdin' | mgrctl -x dict set cfg piped
same '66726f6d00737464696e0a' "$(mgrctl -r dict get cfg piped | od -An -tx1 | tr -d ' \n')" 'standard input as a value'

# errors tell what is wrong, and what would be right
exits 79 mgrctl dict get cfg nothing
says "mgrctl: KeyError: 'nothing' (dict \"cfg\")"
mgrctl dict set cfg "'42'" text
exits 79 mgrctl dict get cfg 42
says "'42'"
exits 65 mgrctl dict set cfg k '{a: 1'
exits 64 mgrctl dict set cfg
exits 64 mgrctl dict frobnicate cfg
exits 80 mgrctl list append cfg 1
exits 80 mgrctl create dict cfg
exits 1 mgrctl dict has cfg nothing
exits 0 mgrctl dict has cfg zip
exits 1 mgrctl dict add cfg zip 1
exits 69 mgrctl -s 127.0.0.1:1 server ping
exits 74 sh -c 'mgrctl show cfg >/dev/full'
exits 65 mgrctl create dict '../x'

# the programs of every Manager tutorial
mgrctl create dict d
mgrctl dict set d 1 "'1'"
mgrctl dict set d "'2'" 2
mgrctl dict set d 0.25 null
prints "{1: '1', '2': 2, 0.25: None}" mgrctl -o python show d
mgrctl create list l '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
mgrctl list reverse l
prints '[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]' mgrctl show l
mgrctl create dict counter '{count: 0}'
pids=
for i in 1 2 3 4 5 6 7 8 9 10; do
    mgrctl dict incr counter count >/dev/null &
    pids="$pids $!"
done
for pid in $pids; do wait "$pid" || die "incr ended with $?"; done
prints 10 mgrctl dict get counter count
mgrctl create list five
pids=
for i in 0 1 2 3 4; do
    mgrctl list append five $i &
    pids="$pids $!"
done
for pid in $pids; do wait "$pid" || die "append ended with $?"; done
mgrctl list sort five
prints '[0, 1, 2, 3, 4]' mgrctl show five
mgrctl create value v 0.0
prints 3.14 mgrctl value add v 3.14
prints 3.14 mgrctl show v

# references: the inner list changes through its own name and is seen from the outer
mgrctl create list inner '[1, 2]'
mgrctl create dict middle
mgrctl dict set middle list '!ref inner'
mgrctl create list outer
mgrctl list append outer '!ref middle'
mgrctl list append inner 3
prints '[{list: [1, 2, 3]}]' mgrctl show outer --deep
prints '[!ref middle]' mgrctl show outer
before=$(mgrctl -j server stat | jq .objects)
mgrctl create list self
mgrctl list append self '!ref self'
prints '[!ref self]' mgrctl show self
mgrctl rm self
same "$before" "$(mgrctl -j server stat | jq .objects)" 'a list that contains itself is freed'

# streams
seq 20000 | mgrctl list extend numbers - --create
prints 20000 mgrctl list len numbers
same "$(seq 20000 | cksum)" "$(mgrctl -o jsonl show numbers | cksum)" 'json lines out are json lines in'
printf 'one\ntwo\n' | mgrctl list extend lines - --lines --create
prints '[one, two]' mgrctl show lines
printf '{"a": 1}\n["b", 2]\n' | mgrctl dict update pairs - --create
prints '{a: 1, b: 2}' mgrctl show pairs
printf '1\n2\nnot json\n4\n' >"$work/broken"
exits 65 sh -c "mgrctl list extend stream - --create <'$work/broken'"
says 'stopped at line 3'

# a change made elsewhere is seen
mgrctl watch v >"$work/watched" 2>&1 &
watcher=$!
tries=0
until grep -q 2.71 "$work/watched"; do
    mgrctl value set v 2.71
    tries=$((tries + 1))
    [ $tries -lt 500 ] || die "watch saw nothing: $(cat "$work/watched")"
done
kill $watcher
wait $watcher 2>/dev/null

# a shell reads the same grammar, in one session, and stops at the first error
printf 'create list sh\nlist append sh "a b"\nshow sh\n' | mgrctl shell >"$work/shell.out" || die 'shell'
same "['a b']" "$(cat "$work/shell.out")" 'shell'
exits 79 sh -c 'printf "list pop sh 7\nlist append sh never\n" | mgrctl shell'
prints 1 mgrctl list len sh

# an object kept for as long as somebody holds it needs a session that lasts
exits 64 mgrctl create dict gone --ephemeral

# completion and help come from the table of operations
for word in dict list set namespace value array object server session; do
    mgrctl help $word >"$work/help" || die "help $word"
    grep -q . "$work/help" || die "help $word is empty"
done
all_done
