# What mgrctl says when a word is wrong: what may have been meant, and what to try.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib/daemon.sh
start_daemon

# ---- commands, types, methods, options
exits 64 mgrctl dit get d k
says "there is no command 'dit' (did you mean 'dict'?)"
exits 64 mgrctl creat dict d
says "(did you mean 'create'?)"
exits 64 mgrctl queue putmany q
says "(did you mean 'queue put-many'?)"
exits 64 mgrctl dict set d k v --timout 4s
says "there is no option --timout here (did you mean '--timeout'?)"
exits 64 mgrctl help quue
says "there is no help about 'quue' (did you mean 'queue'?)"
exits 64 mgrctl help list appnd
says "(did you mean 'list append'?)"
exits 64 mgrctl xyzzy
same 0 "$(grep -c 'did you mean' "$work/stderr")" 'a guess at a word that is like no other'
exits 65 mgrctl ls --type foo
says 'hint: the types are dict, list, set'
exits 65 mgrctl create dikt d
says "(did you mean 'dict'?)"
exits 64 mgrctl lock run l true
says 'put -- before the program: -- true ...'
exits 64 mgrctl watch d true
says 'put -- before the program: -- true ...'

# ---- objects and their names
for words in 'info nope' 'show nope' 'rm nope' 'dict get nope k' 'watch nope' 'object scan nope' 'waits nope' \
    'queue move nope q' 'queue each nope -- true' 'condition wait nope'; do
    # shellcheck disable=SC2086
    exits 66 mgrctl $words
    says 'there is no such object (nope)'
done
for words in 'create dict a//b' 'create dict /a' 'create dict -- -a' 'create dict a!b'; do
    # shellcheck disable=SC2086
    exits 65 mgrctl $words
    says 'a name is letters, digits and _ . : - in segments joined by /'
done
exits 66 mgrctl dict get a//b k
says "'a//b' has an empty segment ('//'); a name is letters"

# ---- a daemon that is not there
for words in ls 'dict get d k' 'lock run l -- true' 'queue each q -- true'; do
    # shellcheck disable=SC2086
    exits 69 mgrctl -s "unix:$work/nobody" $words
    says 'hint: is mgrd running? -s ADDRESS, or MGRCTL_SERVER, says where'
done

# ---- too much for one request
mgrctl create list l '[1]'
exits 73 mgrctl list repeat l 99999999999
says 'ask for it fewer TIMES'
all_done
