# SPDX-License-Identifier: BSD-2-Clause
# bash completion for mgrctl: mgrctl itself knows what may come next.
_mgrctl() {
    local line=${COMP_LINE:0:COMP_POINT} words candidate
    local cur=${COMP_WORDS[COMP_CWORD]}
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    # a colon splits words for bash, not for mgrctl: unix:PATH, names with colons
    if declare -F _get_comp_words_by_ref >/dev/null; then
        local cword
        _get_comp_words_by_ref -n : cur words cword
        words=("${words[@]:1:cword}")
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        COMPREPLY+=("$candidate")
    done < <("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null)
    declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
    # nothing to offer: files, for @FILE and scripts
    [ ${#COMPREPLY[@]} -gt 0 ] || { [[ $cur == @* || ${line} == *" shell "* ]] && compopt -o default; }
}
complete -F _mgrctl mgrctl
