# SPDX-License-Identifier: BSD-2-Clause
# fish completion for mgrd and mgr-bench: the options that --help lists, and files.
for program in mgrd mgr-bench
    complete -c $program -a "(string match -q -- '-*' (commandline -ct); and $program --help | string match -ar -- '--[a-z][a-z-]+')"
end
