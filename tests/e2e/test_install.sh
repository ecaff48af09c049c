# SPDX-License-Identifier: BSD-2-Clause
# make install: every file at its place, and a program that needs nothing but pkg-config and <mgr.h>.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
unset MAKEFLAGS MFLAGS MAKELEVEL

# ---- the files ----
root=$work/root
mkdir -p "$root/usr/bin" "$root/usr/share/man/man1"
echo other >"$root/usr/bin/other" # of somebody else
find "$root" | sort >"$work/before"
make -s install DESTDIR="$root" PREFIX=/usr >"$work/make.log" 2>&1 || die "make install: $(cat "$work/make.log")"
for file in bin/mgrd bin/mgrctl lib/libmgr.a lib/libmgr.so lib/libmgr.so.0 include/mgr.h \
    include/mgr_ops.h include/mgr_status.h lib/pkgconfig/libmgr.pc lib/systemd/system/mgrd.service \
    lib/systemd/system/mgrd.socket lib/sysusers.d/mgrd.conf share/man/man3/libmgr.3 share/mgrd/proto/rpc.proto; do
    checks=$((checks + 1))
    [ -s "$root/usr/$file" ] || die "$file is not installed"
done
for page in docs/*.[1358]; do
    checks=$((checks + 1))
    [ -s "$root/usr/share/man/man${page##*.}/$(basename "$page")" ] || die "$page is not installed"
done
same 1 "$(grep -c '^.BR longest_turn_cpu_us " (gauge)"' "$root/usr/share/man/man8/mgrd.8")" 'the metrics in mgrd(8)'
same "$(cat config/mgrd.yaml)" "$(cat "$root/etc/mgrd/mgrd.yaml")" 'the configuration'
same 'ExecStart=/usr/bin/mgrd --foreground' "$(grep ^ExecStart "$root/usr/lib/systemd/system/mgrd.service")" \
    'ExecStart with PREFIX=/usr'
same '' "$(grep -rl "$PWD" "$root/etc" "$root/usr/include" "$root/usr/share" "$root/usr/lib/pkgconfig")" \
    'files that name the place they were built at'
same 'Restart=always' "$(grep ^Restart= "$root/usr/lib/systemd/system/mgrd.service")" 'who asks for shutdown ends it for a second'
same '' "$(grep '^PrivateUsers=yes' "$root/usr/lib/systemd/system/mgrd.service")" 'every client would be uid 65534'
# uninstall removes exactly that, except a configuration that was changed
make -s uninstall DESTDIR="$root" PREFIX=/usr >"$work/make.log" 2>&1 || die "make uninstall: $(cat "$work/make.log")"
same "$(cat "$work/before")" "$(find "$root" | sort | grep -v "^$root/etc$")" 'what make uninstall leaves'
make -s install DESTDIR="$root" PREFIX=/usr >"$work/make.log" 2>&1 || die "anew: $(cat "$work/make.log")"
echo '# mine' >"$root/etc/mgrd/mgrd.yaml"
make -s install DESTDIR="$root" PREFIX=/usr >"$work/make.log" 2>&1 || die "again: $(cat "$work/make.log")"
same '# mine' "$(cat "$root/etc/mgrd/mgrd.yaml")" 'an existing configuration'
make -s uninstall DESTDIR="$root" PREFIX=/usr >"$work/make.log" 2>&1 || die "make uninstall: $(cat "$work/make.log")"
same '# mine' "$(cat "$root/etc/mgrd/mgrd.yaml")" 'a changed configuration, after make uninstall'
same "$(cat "$work/before")" "$(find "$root" | sort | grep -v "^$root/etc")" 'what make uninstall leaves then'
make -s uninstall DESTDIR="$root" PREFIX=/usr >/dev/null 2>&1 && die 'make uninstall of nothing'
prefix=$work/opt
make -s install PREFIX="$prefix" >"$work/make.log" 2>&1 || die "with a prefix: $(cat "$work/make.log")"
same "ExecStart=$prefix/bin/mgrd -c $prefix/etc/mgrd/mgrd.yaml --foreground" \
    "$(grep ^ExecStart= "$prefix/lib/systemd/system/mgrd.service")" 'ExecStart with another prefix'
"$prefix/bin/mgrd" --check-config -c "$prefix/etc/mgrd/mgrd.yaml" >/dev/null || die 'the installed configuration'

# ---- the library ----
same '' "$(nm -D --defined-only "$prefix/lib/libmgr.so" | awk '$2 != "A" && $3 !~ /^mgr_/')" \
    'symbols of libmgr.so besides mgr_*'
same '' "$(nm -g --defined-only "$prefix/lib/libmgr.a" | awk 'NF == 3 && $3 !~ /^mgr_/')" \
    'symbols of libmgr.a besides mgr_*'
same 'libmgr.so.0' "$(readelf -d "$prefix/lib/libmgr.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" 'the SONAME'
grep -o 'mgr_status mgr_[a-z_]*(' "$prefix/include/mgr_ops.h" | sed 's/.* //; s/(//' | sort >"$work/declared"
nm -D --defined-only "$prefix/lib/libmgr.so" | awk '{print $3}' | sed 's/@.*//' | sort >"$work/exported"
same '' "$(comm -23 "$work/declared" "$work/exported")" 'calls that are declared and not exported'

# ---- programs, with pkg-config alone ----
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
# shellcheck disable=SC2046
for example in wordcount counter nested lock worker; do
    checks=$((checks + 1))
    cc -Wall -Wextra -Werror "examples/$example.c" -o "$work/$example" $(pkg-config --cflags --libs libmgr) ||
        die "$example, shared"
done
# shellcheck disable=SC2046
cc "examples/wordcount.c" -o "$work/static" -static $(pkg-config --static --cflags --libs libmgr) \
    2>"$work/static.log" || die "static: $(cat "$work/static.log")"
same '' "$(readelf -d "$work/static" | grep NEEDED)" 'shared libraries of the static program'
printf '#include <mgr.h>\nint main(void) { struct mgr_arg a = MGR_ABSENT, b = MGR_NONE; return a.kind == b.kind; }\n' >"$work/h.c"
cp "$work/h.c" "$work/h.cc"
for std in c99 c11 c17; do
    checks=$((checks + 1))
    # shellcheck disable=SC2046
    cc -std=$std -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only "$work/h.c" \
        $(pkg-config --cflags libmgr) || die "mgr.h as $std"
done
for std in c++11 c++17 c++20; do
    checks=$((checks + 1))
    # shellcheck disable=SC2046
    c++ -std=$std -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only "$work/h.cc" \
        $(pkg-config --cflags libmgr) || die "mgr.h as $std"
done

# ---- and they work ----
start_daemon
export LD_LIBRARY_PATH="$prefix/lib"
printf 'a b a\nB, a' >"$work/text"
prints "$(printf '2 b\n3 a')" sh -c '"$1" shared "$2" | sort' - "$work/wordcount" "$work/text"
prints "$(printf '2 b\n3 a')" sh -c '"$1" static "$2" | sort' - "$work/static" "$work/text"
prints 1 "$work/counter"
prints 2 "$work/counter"
prints "$(printf "fruit: ['apple']\nfruit: ['apple', 'pear']\ntrees: ['oak']")" "$work/nested" nest
exits 69 env MGRCTL_SERVER="unix:$work/nobody" "$work/counter"
all_done
