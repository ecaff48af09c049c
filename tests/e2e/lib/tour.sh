# For shell tests of pages: the lines behind "$ " in a page's ```console blocks, and what the page says they print.

# tour_extract PAGE TREE: writes $work/tour.sh, $work/want/N and, as files of TREE, the blocks headed ```c NAME.c.
# Sets $commands.
tour_extract() {
    mkdir -p "$work/want" "$work/got"
    awk -v tree="$2" -v want="$work/want" -v got="$work/got" '
        /^```c [a-z]+\.c$/ { file = tree "/" $2; next }
        /^```console$/ { tour = 1; next }
        /^```$/ { if (file != "") close(file); file = ""; tour = 0; next }
        file != "" { print > file; next }
        tour && /^\$ / {
            n++
            printf "" > (want "/" n)
            printf "exec >%s/%d 2>&1\n%s\n", got, n, substr($0, 3)
            print substr($0, 3) > (want "/" n ".line")
            next
        }
        tour { print > (want "/" n) }
    ' "$1" >"$work/tour.sh"
    commands=$(grep -c '^exec >' "$work/tour.sh")
}

# tour_run PAGE TREE: all its lines in one shell, in TREE; each must print what the page says.
tour_run() {
    (cd "$2" && sh "$work/tour.sh") || die "$1: the tour ended with $?"
    i=0
    while [ $i -lt "$commands" ]; do
        i=$((i + 1))
        checks=$((checks + 1))
        cmp -s "$work/want/$i" "$work/got/$i" || die "$1: \$ $(cat "$work/want/$i.line")
$(diff "$work/want/$i" "$work/got/$i")"
    done
    echo "measured: $commands lines of $1's tour"
}
