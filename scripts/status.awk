# SPDX-License-Identifier: BSD-2-Clause
# Makes mgr_status.h, the statuses of libmgr, from wire/proto/errors.def.
BEGIN {
    print "/* SPDX-License-Identifier: BSD-2-Clause */"
    print "/* Statuses of libmgr: the codes of the wire, and those of the client from 200 on. Made by scripts/status.awk. */"
    print "#ifndef MGR_STATUS_H\n#define MGR_STATUS_H\n"
    print "enum mgr_status {\n    MGR_OK = 0,"
}
/^ERR\(/ {
    line = $0
    sub(/^ERR\(/, "", line)
    split(line, part, /, */)
    meaning = line
    sub(/^.*, *"/, "", meaning)
    sub(/"\).*$/, "", meaning)
    printf "    MGR_%s = %d, /* %s */\n", part[1], part[2], meaning
}
END {
    print "    MGR_UNKNOWN = MGR_INDETERMINATE\n};\n\n#endif"
}
