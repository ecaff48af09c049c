#!/bin/sh
# Starts the freshly built mgrd in the foreground and says how to try it.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/state
cat <<'TRY'

mgrd is about to serve on 127.0.0.1:7600. In another terminal, from this folder:

    export PATH="$PWD/build:$PATH"
    mgrctl create dict config '{port: 80}'
    mgrctl dict set config host example.org
    mgrctl show config
    mgrctl --help

Ctrl-C stops it.

TRY
STATE_DIRECTORY="$PWD/build/state" exec build/mgrd -c config/mgrd.yaml --foreground
