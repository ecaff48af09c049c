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

# the lines of a dict for a script, whichever way they are asked for
mgrctl create dict lines '{a: 1, b c: [2]}'
same "$(mgrctl -r show lines)" "$(mgrctl -r dict items lines)" 'dict items and show'
prints "$(printf 'a\t1\nb c\t[2]')" mgrctl -r dict items lines
mgrctl rm lines
# what no program here can read has a form in JSON
mgrctl create value foreign '[!opaque {codec: c, data: !!binary aGk=, parts: [1]}, x]'
prints '[{"$opaque": {"codec": "c", "data": "aGk=", "parts": [1]}}, "x"]' mgrctl -j show foreign
mgrctl rm foreign

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
prints 2 mgrctl list len stream
exits 65 sh -c "echo not json | mgrctl list extend nothing - --create --jsonl"
exits 66 mgrctl info nothing # what --create made for nothing is gone

# a line that is too large is named, and those before it are in
{
    seq 500 | sed 's/.*/["k&", &]/'
    printf '["large", "%s"]\n["behind", 1]\n' "$(head -c 17000000 /dev/zero | tr '\0' x)"
} >"$work/large"
exits 73 sh -c "mgrctl dict update d501 - --create <'$work/large'"
says 'stopped at line 501; 500 are in'
prints 500 mgrctl dict len d501
# what the daemon refuses as a whole is told as a whole
printf '1\n2\n3\n' >"$work/three"
mgrctl create queue small --maxsize 1
mgrctl queue shutdown small
exits 80 sh -c "mgrctl queue put-many small - --lines <'$work/three'"
says 'stopped at line'
mgrctl create queue shut
mgrctl queue shutdown shut
exits 80 sh -c "mgrctl queue put-many shut - <'$work/three'"
says 'stopped at lines 1 to 3; 0 are in'
# input without a line break ends at the limit, long before the memory does
exits 73 sh -c "head -c 300000000 /dev/zero | tr '\\0' 7 | mgrctl list extend endless - --create --lines"
says 'the line is longer than 16777216 bytes'
exits 66 mgrctl info endless
# nobody sees a byte order mark: it is named
printf '\357\273\2771\n' >"$work/marked"
for words in 'list extend marked - --create' 'list extend marked - --create --lines' 'load' 'shell'; do
    sh -c "mgrctl $words <'$work/marked'" >/dev/null 2>"$work/stderr" && die "$words takes a byte order mark"
    says 'byte order mark (U+FEFF)'
done
exits 65 mgrctl create list marked "@$work/marked"
says 'byte order mark (U+FEFF)'
# -0: items end with NUL bytes, also on the way in
printf 'a\nb\0c\0' | mgrctl list extend nul - --create -0
prints 2 mgrctl list len nul
prints '["a\nb", c]' mgrctl -o text show nul

# several keys in one step
mgrctl create dict popped '{a: 1, b: [2], c: 3}'
prints '{found: {c: 3, a: 1}, missing: [x]}' mgrctl dict pop-many popped c x a c
prints '{b: [2]}' mgrctl show popped
prints '[x]' mgrctl dict pop-many popped x --pick missing
exits 65 mgrctl dict pop-many popped b '[]'
prints '{b: [2]}' mgrctl show popped

# --create begins with what the operation needs, and leaves nothing when it fails
prints 1 mgrctl value add fromnothing 1 --create
exits 65 mgrctl value add fromnothing2 text --create
exits 66 mgrctl info fromnothing2
exits 79 mgrctl list pop fromnothing3 --create
exits 66 mgrctl info fromnothing3
exits 79 mgrctl set remove fromnothing4 x --create
exits 66 mgrctl info fromnothing4
exits 65 mgrctl namespace set fromnothing5 _private 1 --create
exits 66 mgrctl info fromnothing5
exits 1 mgrctl queue get fromnothing6 --try --create
mgrctl info fromnothing6 >/dev/null || die 'an empty queue is no failure'

# an empty word never means all, nor a check that is off
mgrctl create list keep/1
mgrctl create list keep/2
for words in "rm --glob ''" "rm ''" "dump ''" "ls ''" "ls --type ''" "waits ''" "show ''" "dict scan d --cursor ''" \
    "dict set d k v --require ''" "dict set d k v --require 0" "-s '' ls" "show d --pick ''" "create dict ''" \
    "queue move small ''" "object ls --glob ''"; do
    sh -c "mgrctl $words" >"$work/stdout" 2>"$work/stderr"
    same 64 $? "$words: $(cat "$work/stderr")"
    grep -qE "empty|is no token|is not a token|needs" "$work/stderr" || die "$words: $(cat "$work/stderr")"
    [ "$words" != "rm --glob ''" ] || mgrctl info keep/1 >/dev/null || die 'all is gone'
done
MGRCTL_REQUIRE='' mgrctl ls >/dev/null 2>"$work/stderr" && die 'an empty MGRCTL_REQUIRE'
MGRCTL_REQUIRE=5 mgrctl dict set d501 k v 2>/dev/null && die 'a stale token'
MGRCTL_REQUIRE=5 mgrctl dict set d501 k v --no-require || die '--no-require'
# in a shell, what one line says about it is for that line: the next one is checked again
mgrctl create lock shell-lock
token=$(mgrctl lock acquire shell-lock --lease 60s)
for word in --no-require "--require $token"; do
    printf 'dict set d501 k %s %s\ndict set d501 never 1\n' shell "$word" >"$work/lines"
    exits 76 env MGRCTL_REQUIRE=5 mgrctl shell "$work/lines"
    says ':2: '
    exits 1 mgrctl dict has d501 never
done
mgrctl rm --force shell-lock
# a token of another daemon is not checked, and that is said
for words in 'dict set d501 k v' 'shell'; do
    exits 0 env MGRCTL_REQUIRE=5 MGRCTL_REQUIRE_SERVER=unix:/other MGRCTL_REQUIRE_STATE=other \
        sh -c "printf 'dict set d501 k v\ndict set d501 k w\n' | mgrctl $words"
    same 'mgrctl: MGRCTL_REQUIRE is of another daemon: not checked' "$(cat "$work/stderr")" "$words"
done
exits 0 env MGRCTL_REQUIRE=5 MGRCTL_REQUIRE_SERVER=unix:/other MGRCTL_REQUIRE_STATE=other mgrctl -q dict set d501 k v
same '' "$(cat "$work/stderr")" 'a quiet stranger'
MGRCTL_CLIENT=$(head -c 5000 /dev/zero | tr '\0' c) mgrctl ls 2>"$work/stderr"
same 64 $? 'a long name'
says 'the client'
prints 'keep/1
keep/2' mgrctl rm --glob 'keep/*' --dry-run
# no at a terminal is an answer, and no interrupt
printf 'n\n' | python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
    mgrctl rm --glob 'keep/*' >"$work/stderr"
same 1 $? 'rm --glob, answered with no'
says 'mgrctl: nothing was deleted'
prints keep/1 mgrctl info keep/1 --pick name
# a revision is of one command: in the environment it would have all others refused
exits 0 env MGRCTL_REVISION=1 MGRCTL_UNCHANGED_SINCE=1 mgrctl ls keep/1
same keep/1 "$(cat "$work/stdout")" 'revisions in the environment'
exits 0 mgrctl rm --glob 'keep/*'
says 'deleted 2 objects'
exits 66 mgrctl rm --glob 'keep/*'

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

# a statement goes on while a bracket or a quote is open, or its line ends with \\; lines may come from a script of sh
cat >"$work/lines" <<'END'
mgrctl create dict many '{a: 1}'
dict update many {b: [1,
  2],
  c: 'x
y'}
dict set many d \
  4
mgrctl
END
exits 0 mgrctl shell "$work/lines"
prints '{a: 1, b: [1, 2], c: "x\ny", d: 4}' mgrctl show many
printf 'dict len many\n\ndict set many e [1,\n2\n' >"$work/lines"
exits 64 mgrctl shell "$work/lines"
says "lines:3: a bracket is not closed"

# written back only if nobody was faster; a check that cannot be made is no check that was passed
mgrctl dict set cfg n 1
mgrctl dict get cfg n --revision >"$work/read" || die 'a read with its revision'
seen=$(head -n 1 "$work/read")
same "$(mgrctl -r info cfg --pick revision)" "$(mgrctl show cfg --revision | head -n 1)" 'show has a revision as well'
prints '' mgrctl dict set cfg n 2 --unchanged-since "$seen"
exits 82 mgrctl dict set cfg n 3 --unchanged-since "$seen"
says 'has changed since'
prints 2 mgrctl dict get cfg n
exits 82 mgrctl rm cfg --unchanged-since "$seen"
exits 64 mgrctl dict set cfg n 3 --unchanged-since ''
exits 64 mgrctl dict set cfg n 3 --unchanged-since 0
exits 65 mgrctl dict set cfg n 3 --unchanged-since 18446744073709551615
exits 64 mgrctl create dict other --unchanged-since "$seen"
exits 64 mgrctl ls --unchanged-since "$seen"
exits 64 sh -c "echo 1 | mgrctl list extend stream - --unchanged-since $seen"
prints 2 mgrctl dict get cfg n
# a full queue is not waited for: what would make room is a change
mgrctl create queue narrow --maxsize 1
mgrctl queue put narrow 1
exits 1 mgrctl queue put narrow 2 --unchanged-since "$(mgrctl show narrow --revision | head -n 1)"

# an object kept for as long as somebody holds it needs a session that lasts
exits 64 mgrctl create dict gone --ephemeral

# completion and help come from the table of operations
for word in dict list set namespace value array object server session; do
    mgrctl help $word >"$work/help" || die "help $word"
    grep -q . "$work/help" || die "help $word is empty"
done
all_done
