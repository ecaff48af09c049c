# SPDX-License-Identifier: BSD-2-Clause
# fish completion for mgrctl: mgrctl itself knows what may come next.
function __mgrctl_candidates
    set -l current (commandline -ct)
    for line in (mgrctl __complete (commandline -opc)[2..-1] $current 2>/dev/null)
        switch $line
            case \tfiles
                if string match -q '@*' -- $current
                    for file in (__fish_complete_path (string sub -s 2 -- $current))
                        echo "@$file"
                    end
                else
                    __fish_complete_path $current
                end
            case \tprograms
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c mgrctl -f -a '(__mgrctl_candidates)'
