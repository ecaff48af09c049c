# Makes the typed calls of libmgr from wire/ops.def and proto/: one function per operation.
# awk -v part=header|source -f scripts/calls.awk wire/ops.def proto/*.proto
#
# mgr_TYPE_METHOD(m, ARGUMENTS..., [wait_ms], [result]): a string is const char * (NULL: not given), a
# Value, bytes or optional number is struct mgr_arg (MGR_ABSENT: not given), other numbers are uint64_t,
# flags are bool. More than five parameters: the arguments go into a struct of the call's name.

FILENAME ~ /ops\.def$/ && /^OP\(/ {
    line = $0
    sub(/^OP\(/, "", line)
    split(line, part_, /, */)
    op = part_[1] "_" part_[2]
    help = line
    sub(/^[^"]*"/, "", help)
    sub(/"\).*$/, "", help)
    ops[++op_count] = op
    helps[op] = help
    flags[op] = part_[4]
    next
}

FILENAME ~ /\.proto$/ {
    text = $0
    sub(/\/\/.*/, "", text)
    if (text ~ /^message /) {
        split(text, word, " ")
        message = snake(word[2])
        in_oneof = 0
    } else if (text ~ /^ *oneof /) {
        in_oneof = 1
    } else if (text ~ /^}/) {
        message = ""
    } else if (text ~ /^ *}/ && in_oneof) {
        in_oneof = 0
    } else if (text ~ /=.*;/ && message != "") {
        optional = in_oneof || text ~ /^ *optional /
        sub(/^ *(optional )?/, "", text)
        split(text, word, /[ =;]+/)
        n = ++field_count[message]
        field[message, n] = word[2]
        kind[message, n] = word[1]
        given[message, n] = !optional
    }
}

function snake(name,    out, i, c) {
    for (i = 1; i <= length(name); i++) {
        c = substr(name, i, 1)
        out = out (c ~ /[A-Z]/ ? (i > 1 ? "_" : "") tolower(c) : c)
    }
    return out
}

function ident(name) {
    return name == "new" || name == "long" ? name "_" : name
}

function c_type(op, i,    k) {
    k = kind[op, i]
    if (k == "string") return "const char *"
    if (k == "bool") return "bool "
    if (k == "Value" || k == "bytes" || !given[op, i]) return "struct mgr_arg "
    return "uint64_t "
}

function c_arg(op, i, prefix,    k, name) {
    k = kind[op, i]
    name = prefix ident(field[op, i])
    if (k == "string") return "mgr_str(" name ")"
    if (k == "bool") return "(" name " ? mgr_bool(true) : MGR_ABSENT)"
    if (k == "Value" || k == "bytes" || !given[op, i]) return name
    return "mgr_int((int64_t)" name ")"
}

function prototype(op,    i, n, text, extra) {
    n = field_count[op]
    extra = (flags[op] ~ /WAITS/) + (flags[op] !~ /QUIET/)
    packed[op] = n + extra > 4
    text = "enum mgr_status mgr_" op "(struct mgr *m"
    if (packed[op]) {
        text = text ", const struct mgr_" op " *args"
    } else {
        for (i = 1; i <= n; i++)
            text = text ", " c_type(op, i) ident(field[op, i])
    }
    if (flags[op] ~ /WAITS/) text = text ", int64_t wait_ms"
    if (flags[op] ~ /ANSWER/) text = text ", bool *answer"
    else if (flags[op] !~ /QUIET/) text = text ", struct mgr_value **result"
    return text ")"
}

function put_struct(op,    i) {
    print "struct mgr_" op " {"
    for (i = 1; i <= field_count[op]; i++)
        print "    " c_type(op, i) ident(field[op, i]) ";"
    print "};"
}

function put_header(    i, op, text) {
    print "/* SPDX-License-Identifier: BSD-2-Clause */"
    print "/* The typed calls of libmgr, one per operation; included by mgr.h."
    print " *"
    print " * Each waits for the reply (at most options.timeout_ms, plus wait_ms where there is one: 0 does"
    print " * not wait, MGR_FOREVER waits as long as the session lives), and gives MGR_OK or the error's status."
    print " * result may be NULL; *result is owned by the caller, NULL when there is none. Zeroed members of an"
    print " * argument struct are not given. */"
    print "#ifndef MGR_OPS_H\n#define MGR_OPS_H\n"
    for (i = 1; i <= op_count; i++) {
        op = ops[i]
        if (op ~ /^session_(hello|bye|heartbeat|cancel)$/) continue
        text = prototype(op)
        print "/* " helps[op] ". */"
        if (packed[op]) put_struct(op)
        print "MGR_API " text ";\n"
    }
    print "#endif"
}

function put_source(    i, op, j, text, prefix) {
    print "#include \"client/internal.h\"\n#include \"ops_numbers.h\"\n"
    for (i = 1; i <= op_count; i++) {
        op = ops[i]
        if (op ~ /^session_(hello|bye|heartbeat|cancel)$/) continue
        print prototype(op) "\n{"
        prefix = packed[op] ? "args->" : ""
        text = ""
        for (j = 1; j <= field_count[op]; j++)
            text = text (j > 1 ? ", " : "") c_arg(op, j, prefix)
        print "    const struct mgr_arg list[] = {" (text == "" ? "MGR_ABSENT" : text) "};"
        if (flags[op] ~ /ANSWER/)
            print "    return client_ask(m, OP_" op ", list, answer);\n}\n"
        else
            print "    return client_call(m, OP_" op ", list, " (flags[op] ~ /WAITS/ ? "wait_ms" : "0") ", " \
                (flags[op] ~ /QUIET/ ? "NULL" : "result") ");\n}\n"
    }
}

END {
    if (part == "header") put_header()
    else put_source()
}
