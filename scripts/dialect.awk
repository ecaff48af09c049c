# SPDX-License-Identifier: BSD-2-Clause
# What clang-format cannot hold: no empty line in a function, and sizeof of an expression without parentheses.
FNR == 1 { inside = 0 }
/^\{/ { inside = 1 }
/^\}/ { inside = 0 }
inside && /^[ \t]*$/ { report("an empty line in a function") }
!/^ *#define/ && !/\\$/ && /sizeof\([*a-z_]+(->|\.|\[|\))/ && !/sizeof\((struct |enum |[a-z0-9_]*_t\)|int\)|char\)|float\)|double\)|bool\)|feature_set\)|protobuf_c_boolean\)|unsigned\))/ {
    report("sizeof EXPRESSION takes no parentheses")
}
function report(what) {
    print FILENAME ":" FNR ": " what
    bad = 1
}
END { exit bad }
