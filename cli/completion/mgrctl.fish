# SPDX-License-Identifier: BSD-2-Clause
# fish completion for mgrctl: mgrctl itself knows what may come next.
complete -c mgrctl -f -a '(mgrctl __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
