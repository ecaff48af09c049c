# What the documentation shows is what happens: the README's tour line by line, its table of exit codes, the
# keys in mgrd.yaml(5), the options in mgrd(8), and every link. (docs/adding-a-type.md: test_adding_a_type.sh.)
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
. tests/e2e/lib/tour.sh
root=$PWD

# ---- the tour: each line behind "$ " in a ```console block, in one shell, against a fresh daemon
start_daemon
mkdir "$work/tree"
for entry in *; do
    [ "$entry" = hits.c ] || [ "$entry" = hits ] || ln -s "$root/$entry" "$work/tree/$entry"
done
tour_extract README.md "$work/tree"
[ "$commands" -gt 40 ] || die "only $commands lines of a tour in the README"
tour_run README.md "$work/tree"

# ---- exit codes: the README's table is the program's
mgrctl help exit-codes | awk '
    /^ +[0-9]+  / { if (row != "") print row " |"; code = $1; sub(/^ +[0-9]+  /, ""); row = "| " code " |"; between = " " }
    /^       / { sub(/^ +/, ""); between = "; " }
    row != "" && NF > 0 { sub(/(; said by the client)? \([A-Za-z.]+\)$/, ""); row = row between $0 }
    END { print row " |" }' >"$work/codes.program"
grep -E '^\| [0-9]+ \|' README.md >"$work/codes.readme"
checks=$((checks + 1))
diff "$work/codes.readme" "$work/codes.program" || die 'the exit codes of the README (<) are not those of mgrctl (>)'

# ---- mgrd.yaml(5): a heading for each key, with the type, default, bounds and flags of the table
bounds() { # KEY VALUE: what the daemon says about a value that is far too large
    printf '%s: {%s: %s}\n' "${1%.*}" "${1#*.}" "$2" >"$work/bounds.yaml"
    "$mgrd" --check-config -c "$work/bounds.yaml" 2>&1 |
        sed -n 's/.*is not between \([0-9A-Za-z]*\) and \([0-9A-Za-z]*\).*/, \1 to \2/p'
}
tr '\n' ' ' <daemon/config/config_table.c | sed 's/  */ /g; s/ {"\([a-z_.]*", CONFIG_\)/\n{"\1/g' |
    sed -n 's/^{"\([a-z_.]*\)", CONFIG_\([A-Z]*\),\(.*\.help = .*\)/\1 \2 \3/p' >"$work/rows"
keys=0
while read -r key type row; do
    default=$(printf '%s' "$row" | sed -n 's/.*MEMBER([a-z_.]*), "\([^"]*\)".*/, default \1/p')
    case $type in
    SIZE) text="size$default$(bounds "$key" 999999999TiB)" ;;
    DURATION) text="duration$default$(bounds "$key" 999999999d)" ;;
    COUNT) text="number$default$(bounds "$key" 9999999999999)" ;;
    CHOICE) text="word$default" ;;
    PATH) text=path ;;
    LISTEN) text='list of addresses' ;;
    OBJECTS) text=mapping ;;
    *) grep -qE "^\.(SH|B|BR) .*${key%%.*}" -i docs/mgrd.yaml.5 || die "mgrd.yaml.5 does not name $key"; continue ;;
    esac
    case $row in *CONFIG_ZERO*) text="$text, or 0" ;; esac
    case $row in *CONFIG_POWER_OF_2*) text="$text, a power of two" ;; esac
    case $row in *CONFIG_RELOADS*) text="$text; reload" ;; *) text="$text; restart" ;; esac
    checks=$((checks + 1))
    keys=$((keys + 1))
    grep -qxF ".BR $key \" ($text)\"" docs/mgrd.yaml.5 || die "docs/mgrd.yaml.5 has no heading: $key ($text)"
done <"$work/rows"
[ $keys -ge 19 ] || die "only $keys keys were found in daemon/config/config_table.c"
same "$keys" "$(grep -cE '^\.BR [a-z_.]+ " \(.*; (reload|restart)\)"' docs/mgrd.yaml.5)" 'keys in mgrd.yaml.5'
for option in $("$mgrd" --help | grep -oE -- '--[a-z-]+' | sort -u); do
    checks=$((checks + 1))
    sed 's/\\-/-/g' docs/mgrd.8 | grep -qF -- "$option" || die "docs/mgrd.8 does not explain $option"
done

# ---- links
for page in README.md CHANGELOG.md docs/*.md; do
    for link in $(grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](//; s/)$//'); do
        checks=$((checks + 1))
        [ -e "$(dirname "$page")/$link" ] || die "$page: $link is not there"
    done
done
all_done
