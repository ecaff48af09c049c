# SPDX-License-Identifier: BSD-2-Clause
# bash completion for mgrctl: mgrctl itself knows what may come next.

# Names of files; behind @ too, which stays before them.
_mgrctl_files() {
    local at=
    [[ $cur != @* ]] || { at=@ cur=${cur#@}; }
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do
        COMPREPLY+=("$at$candidate")
    done < <(compgen -f -- "$cur")
}

# The program behind --, and the words that its own completion knows.
_mgrctl_program() {
    local at
    if declare -F _command_offset >/dev/null; then
        for ((at = 1; at < COMP_CWORD; at++)); do
            [ "${COMP_WORDS[at]}" != -- ] || { _command_offset $((at + 1)); return; }
        done
    fi
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(compgen -c -- "$cur")
}

_mgrctl() {
    local words candidate about cur=${COMP_WORDS[COMP_CWORD]}
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    # a colon splits words for bash, not for mgrctl: unix:PATH, names with colons
    if declare -F _get_comp_words_by_ref >/dev/null; then
        local cword
        _get_comp_words_by_ref -n : cur words cword
        words=("${words[@]:1:cword}")
    fi
    COMPREPLY=()
    while IFS= read -r candidate; do
        about=${candidate#*$'\t'} candidate=${candidate%%$'\t'*}
        if [ -n "$candidate" ]; then
            COMPREPLY+=("$candidate")
        elif [ "$about" = files ]; then
            _mgrctl_files
        else
            _mgrctl_program
        fi
    done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
    declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
    return 0
}
complete -F _mgrctl mgrctl
