#!/bin/sh
# Installs what `make` built under $DESTDIR$PREFIX: programs, libmgr with its headers and pkg-config file,
# units, configuration, manual pages, completions, the schema. An existing mgrd.yaml stays as it is.
set -eu
cd "$(dirname "$0")/.."
version=${VERSION:?} soversion=${SOVERSION:?}
dest=${DESTDIR:-} prefix=${PREFIX:-/usr/local}
case $prefix in /*) ;; *) echo "install: PREFIX must be an absolute path" >&2 && exit 64 ;; esac
sysconfdir=$prefix/etc
[ "$prefix" = /usr ] && sysconfdir=/etc
config=$sysconfdir/mgrd/mgrd.yaml
list=$dest$prefix/share/mgrd/installed # what uninstall.sh removes: files, and directories with a / at the end
umask 022

# missing DIRECTORY: it and those above it that are not there yet
missing() {
    directory=$1
    while [ -n "$directory" ] && [ ! -d "$dest$directory" ]; do
        echo "$directory/"
        directory=${directory%/*}
    done
}
# make_directory DIRECTORY: notes which ones it had to make
make_directory() {
    made=$(missing "$1")
    mkdir -p "$dest$1"
    [ -z "$made" ] || echo "$made" >>"$list"
}
make_directory "$prefix/share/mgrd"
# put MODE FILE DIRECTORY [NAME]
put() {
    make_directory "$3"
    install -m "$1" "$2" "$dest$3/${4:-$(basename "$2")}"
    [ "$3" = "$sysconfdir/mgrd" ] || echo "$3/${4:-$(basename "$2")}" >>"$list"
}
# fill MODE DIRECTORY NAME: the same with standard input as the file
fill() {
    make_directory "$2"
    rm -f "$dest$2/$3"
    cat >"$dest$2/$3"
    chmod "$1" "$dest$2/$3"
    echo "$2/$3" >>"$list"
}
# link TARGET DIRECTORY NAME
link() {
    ln -sf "$1" "$dest$2/$3"
    echo "$2/$3" >>"$list"
}

# ---- programs ----
put 755 build/mgrd "$prefix/bin"
put 755 build/mgrctl "$prefix/bin"
put 755 build/mgr-bench "$prefix/bin"

# ---- libmgr ----
put 644 build/libmgr.a "$prefix/lib"
put 755 "build/libmgr.so.$soversion" "$prefix/lib" "libmgr.so.$version"
link "libmgr.so.$version" "$prefix/lib" "libmgr.so.$soversion"
link "libmgr.so.$soversion" "$prefix/lib" libmgr.so
for header in client/mgr.h build/gen/mgr_ops.h build/gen/mgr_status.h; do
    put 644 "$header" "$prefix/include"
done
fill 644 "$prefix/lib/pkgconfig" libmgr.pc <<END
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: libmgr
Description: Shared objects of an mgrd daemon, for C
Version: $version
Requires.private: libprotobuf-c, libcrypto
Libs: -L\${libdir} -lmgr
Cflags: -I\${includedir}
END

# ---- the service ----
daemon="$prefix/bin/mgrd"
[ "$config" = /etc/mgrd/mgrd.yaml ] || daemon="$daemon -c $config"
sed "s|/usr/bin/mgrd|$daemon|" mgrd.service | fill 644 "$prefix/lib/systemd/system" mgrd.service
put 644 mgrd.socket "$prefix/lib/systemd/system"
put 644 mgrd.sysusers "$prefix/lib/sysusers.d" mgrd.conf
if [ ! -e "$dest$config" ]; then
    put 644 config/mgrd.yaml "$sysconfdir/mgrd"
elif ! cmp -s config/mgrd.yaml "$dest$config"; then
    echo "install: $dest$config stays as it is; the new default is beside it"
    put 644 config/mgrd.yaml "$sysconfdir/mgrd" mgrd.yaml.new
    echo "$sysconfdir/mgrd/mgrd.yaml.new" >>"$list"
fi

# ---- manual pages, completions, the schema ----
for page in build/man/*.[1358]; do
    put 644 "$page" "$prefix/share/man/man${page##*.}"
done
while read -r file directory name; do
    if [ -e "cli/completion/$file" ]; then
        put 644 "cli/completion/$file" "$prefix/share/$directory" "$name"
    fi
done <<END
mgrctl.bash bash-completion/completions mgrctl
_mgrctl zsh/site-functions _mgrctl
mgrctl.fish fish/vendor_completions.d mgrctl.fish
mgrd.bash bash-completion/completions mgrd
mgrd.bash bash-completion/completions mgr-bench
_mgrd zsh/site-functions _mgrd
mgrd.fish fish/vendor_completions.d mgrd.fish
mgrd.fish fish/vendor_completions.d mgr-bench.fish
END
for file in proto/*.proto; do
    put 644 "$file" "$prefix/share/mgrd/proto"
done
for file in LICENSE README.md CHANGELOG.md docs/protocol.md docs/locks.md; do
    [ ! -e "$file" ] || put 644 "$file" "$prefix/share/doc/mgrd"
done
sort -u -o "$list" "$list"
