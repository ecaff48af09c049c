#!/bin/sh
# Removes what install.sh put there, and the directories that it made, where they are empty. A configuration that was changed stays.
set -eu
cd "$(dirname "$0")/.."
dest=${DESTDIR:-} prefix=${PREFIX:-/usr/local}
case $prefix in /*) ;; *) echo "uninstall: PREFIX must be an absolute path" >&2 && exit 64 ;; esac
list=$dest$prefix/share/mgrd/installed
[ -f "$list" ] || { echo "uninstall: nothing was installed under $dest$prefix: there is no $list" >&2 && exit 66; }
grep -v '/$' "$list" | while read -r file; do
    rm -f "$dest$file"
done
sysconfdir=$prefix/etc
[ "$prefix" = /usr ] && sysconfdir=/etc
config=$dest$sysconfdir/mgrd/mgrd.yaml
if cmp -s config/mgrd.yaml "$config"; then
    rm -f "$config"
elif [ -e "$config" ]; then
    echo "uninstall: $config was changed, and stays"
fi
directories=$(grep '/$' "$list" | sort -ru)
rm -f "$list"
for directory in $directories; do
    rmdir "$dest$directory" 2>/dev/null || true # somebody else has something in it
done
