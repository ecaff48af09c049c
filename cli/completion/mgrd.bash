# SPDX-License-Identifier: BSD-2-Clause
# bash completion for mgrd and mgr-bench: the options that --help lists, the workloads, and files.
_mgrd() {
    local candidate words cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $before in
    -w | --workload) words=$("$1" --help 2>/dev/null | sed -n '/^Workloads:/,/^$/s/^  \([a-z-]*\)  .*/\1/p') ;;
    *)
        [[ $cur != -* ]] || words=$("$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u)
        ;;
    esac
    if [ -n "$words" ]; then
        while IFS= read -r candidate; do
            COMPREPLY+=("$candidate")
        done < <(compgen -W "$words" -- "$cur")
    else
        compopt -o default 2>/dev/null
    fi
}
complete -F _mgrd mgrd mgr-bench
