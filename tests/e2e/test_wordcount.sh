# Real input: eight processes count the words of Debian's licences in one dict, exactly as a pipe does.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
start_daemon
export LC_ALL=C
files=$(find -L /usr/share/common-licenses -type f | sort)
[ -n "$files" ] || { echo 'skip: /usr/share/common-licenses is empty'; exit 0; }
# shellcheck disable=SC2086
cat $files | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | grep . | sort | uniq -c | awk '{print $1, $2}' | sort >"$work/wanted"
for round in 1 2 3; do
    # shellcheck disable=SC2086
    build/asan/examples/wordcount words$round $files | sort >"$work/got"
    cmp "$work/wanted" "$work/got" || die "round $round differs: $(diff "$work/wanted" "$work/got" | head)"
    checks=$((checks + 1))
done
# out, and in again
mgrctl -o jsonl show words1 >"$work/words.jsonl"
mgrctl dict update again - --create <"$work/words.jsonl"
same "$(mgrctl show words1 | cksum)" "$(mgrctl show again | cksum)" 'shown, loaded, shown again'
echo "measured: $(wc -l <"$work/wanted") different words, three rounds equal"
all_done
