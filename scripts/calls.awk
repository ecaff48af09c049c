# SPDX-License-Identifier: BSD-2-Clause
# Makes the typed calls of libmgr from wire/proto/ops.def and proto/: one function per operation. POSIX awk.
# awk -v part=header|source -f scripts/calls.awk wire/proto/ops.def proto/*.proto
#
# mgr_TYPE_METHOD(m, ARGUMENTS..., [wait_ms], [result]): a string is const char * (NULL: not given), a
# Value, bytes or optional number is struct mgr_arg (MGR_ABSENT: not given), other numbers are uint64_t,
# flags are bool. The result is a bool, a struct mgr_grant or a struct mgr_value. More than five parameters: the arguments go into a struct of the call's name.

BEGIN {
    # Words of C and C++ that a parameter cannot be called.
    n = split("and asm auto bool break case catch char class compl const continue default delete do " \
              "double else enum explicit export extern false float for friend goto if inline int long " \
              "mutable namespace new not operator or private protected public register restrict " \
              "return short signed sizeof static struct switch template this throw true try typedef " \
              "typeid typename union unsigned using virtual void volatile while xor",
              words, " ")
    for (i = 1; i <= n; i++)
        keyword[words[i]] = 1
}

FILENAME ~ /ops\.def$/ && /^OP\(/ {
    line = $0
    sub(/^OP\(/, "", line)
    split(line, column, /, */)
    op = column[1] "_" column[2]
    help = line
    sub(/^[^"]*"/, "", help)
    sub(/"\).*$/, "", help)
    if (op !~ /^session_(hello|bye|heartbeat|cancel)$/) # the library's own
        ops[++op_count] = op
    helps[op] = help
    flags[op] = column[4]
    next
}

FILENAME ~ /\.proto$/ {
    text = $0
    note = ""
    if (match(text, /\/\/ */)) {
        note = substr(text, RSTART + RLENGTH)
        text = substr(text, 1, RSTART - 1)
    }
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
        notes[message, n] = note
    }
}

END {
    if (part == "header") put_header()
    else put_source()
}

# DictGetMany is dict_get_many.
function snake(name,    out, i, c) {
    for (i = 1; i <= length(name); i++) {
        c = substr(name, i, 1)
        out = out (c ~ /[A-Z]/ ? (i > 1 ? "_" : "") tolower(c) : c)
    }
    return out
}

function ident(name) {
    return name in keyword ? name "_" : name
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

# One parameter more, on a new line when this one is full.
function add(parameter) {
    if (length(line) + length(parameter) > 96) {
        whole = whole line ",\n"
        line = indent parameter
    } else
        line = line (line ~ /\($/ ? "" : ", ") parameter
}

# What the call gives back, by its flags: renew is QUIET for the command line only.
function result(op) {
    if (flags[op] ~ /ANSWER/) return "answer"
    if (flags[op] ~ /OWNS/ || op ~ /_renew$/) return "grant"
    return flags[op] ~ /QUIET/ ? "" : "result"
}

function prototype(op, start,    i, n, extra) {
    n = field_count[op]
    extra = (flags[op] ~ /WAITS/) + (result(op) != "")
    packed[op] = n + extra > 4
    whole = ""
    line = start "enum mgr_status mgr_" op "("
    indent = sprintf("%" length(line) "s", "")
    add("struct mgr *m")
    if (packed[op])
        add("const struct mgr_" op " *args")
    else
        for (i = 1; i <= n; i++)
            add(c_type(op, i) ident(field[op, i]))
    if (flags[op] ~ /WAITS/) add("int64_t wait_ms")
    if (result(op) == "answer") add("bool *answer")
    if (result(op) == "grant") add("struct mgr_grant *grant")
    if (result(op) == "result") add("struct mgr_value **result")
    return whole line ")"
}

function put_struct(op,    i) {
    print "struct mgr_" op " {"
    for (i = 1; i <= field_count[op]; i++)
        print "    " c_type(op, i) ident(field[op, i]) ";" \
            (notes[op, i] == "" ? "" : " /* " notes[op, i] " */")
    print "};"
}

function put_header(    i, op, text) {
    print "/* SPDX-License-Identifier: BSD-2-Clause */"
    print "/* The typed calls of libmgr, one per operation; included by mgr.h. Made by scripts/calls.awk."
    print " *"
    print " * Each call blocks for the reply, for at most options.timeout_ms plus wait_ms (0: do not wait;"
    print " * MGR_FOREVER: wait as long as the session lives), and returns MGR_OK or the error's status."
    print " * Arguments are borrowed until the call returns. result may be NULL (not wanted); *result is owned by"
    print " * the caller, NULL on failure and when the operation gives no value. answer may be NULL; *answer is"
    print " * false on failure. grant may be NULL; *grant is zeroed on failure. If a call gives an item or an"
    print " * answer together with a token or marks, mgr_last_grant tells them; after a release by token,"
    print " * mgr_lost tells whether the grant was gone. An argument is not given, and so the default, if it is a"
    print " * NULL const char *, an MGR_ABSENT struct mgr_arg, or a zeroed member of an argument struct. */"
    print "#ifndef MGR_OPS_H\n#define MGR_OPS_H\n"
    for (i = 1; i <= op_count; i++) {
        op = ops[i]
        text = prototype(op, "MGR_API ")
        print "/* " helps[op] ". */"
        if (packed[op]) put_struct(op)
        print text ";\n"
    }
    print "#endif"
}

function put_body(op,    prefix, text, j) {
    prefix = packed[op] ? "args->" : ""
    if (packed[op]) print "    if (args == NULL)\n        return client_no_args(m);"
    for (j = 1; j <= field_count[op]; j++)
        text = text (j > 1 ? ",\n" : "\n") "        " c_arg(op, j, prefix)
    if (text != "") print "    const struct mgr_arg list[] = {" text "};"
    text = "OP_" op ", " (text == "" ? "NULL" : "list") ", "
    text = text (flags[op] ~ /WAITS/ ? "wait_ms" : "0") ", "
    if (result(op) == "answer") return "client_ask(m, " text "answer)"
    if (result(op) == "grant") return "client_acquire(m, " text "grant)"
    return "client_call(m, " text (result(op) == "" ? "NULL" : "result") ")"
}

function put_source(    i) {
    print "/* SPDX-License-Identifier: BSD-2-Clause */"
    print "/* The typed calls of libmgr. Made by scripts/calls.awk. */"
    print "#include \"client/internal.h\"\n#include \"ops_numbers.h\""
    for (i = 1; i <= op_count; i++) {
        print "\n" prototype(ops[i], "") "\n{"
        print "    return " put_body(ops[i]) ";\n}"
    }
}
