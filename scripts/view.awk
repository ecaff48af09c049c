# SPDX-License-Identifier: BSD-2-Clause
# Makes from the public schema what the C code needs. POSIX awk.
#
#   awk -v out=DIR -f scripts/view.awk proto/*.proto
#
# DIR/wire.proto     the proto2 view that protoc-c compiles: every singular field has a has_ member, and
#                    Value and string are bytes, so that no message is recursive
# DIR/args.h         args_TYPE_METHOD[]: the arguments of each operation, ended by a row without a name; the
#                    comment behind a field is what it means. And named_TYPE_METHOD: whether the first
#                    argument is the name of an object
# DIR/type_help.h    TYPE_HELP_TYPE: the sentence that a file begins with, "// TYPE: SENTENCE."
# DIR/ops_numbers.h  OP_TYPE_METHOD: the number of each operation
#
# The order of the files does not matter; value.proto is passed over (the view has its values as bytes).
# Reads a strict subset of proto3: flat messages of singular fields in number order, oneof, reserved.
# Whatever else it meets, it says FILE:LINE: MESSAGE, writes nothing and exits 1.

BEGIN {
    if (out == "")
        die("no output directory: -v out=DIR")
    # The types that a field of an operation may have, and the kind of argument each is.
    kinds = "Value ARG_VALUE string ARG_STRING bytes ARG_BYTES bool ARG_BOOL uint32 ARG_UINT " \
            "uint64 ARG_UINT int64 ARG_INT"
    n = split(kinds, pairs, " ")
    for (i = 1; i < n; i += 2)
        kind_of[pairs[i]] = pairs[i + 1]
    # protoc-c appends an underscore to a field with one of these names.
    n = split("and and_eq asm auto bitand bitor bool break case catch char class compl const " \
              "const_cast continue default delete do double dynamic_cast else enum explicit extern " \
              "false float for friend goto if inline int long mutable namespace new not not_eq " \
              "operator or or_eq private protected public register reinterpret_cast return short " \
              "signed sizeof static static_cast struct switch template this throw true try typedef " \
              "typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq",
              words, " ")
    for (i = 1; i <= n; i++)
        keyword[words[i]] = 1
    name_form = "^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$"
}

FILENAME != file {
    at_end_of_file()
    file = FILENAME
}

FILENAME ~ /(^|\/)value\.proto$/ { next }

{
    line = FNR
    note = ""
    if (match($0, /\/\/ */)) {
        note = substr($0, RSTART + RLENGTH)
        $0 = substr($0, 1, RSTART - 1)
    }
    if (FNR == 1 && match(note, /^[a-z]+: /))
        add_type(substr(note, 1, RLENGTH - 2), substr(note, RLENGTH + 1))
    gsub(/[{};=]/, " & ")
    n = split($0, token, " ")
    for (i = 1; i <= n; i++) {
        if (token[i] == ";" || token[i] == "{" || token[i] == "}") {
            statement(token[i])
            words_read = 0
        } else
            word[++words_read] = token[i]
    }
}

END {
    if (failed)
        exit 1
    at_end_of_file()
    check_types()
    write_view()
    write_args()
    write_numbers()
    write_type_help()
}

function die(text)
{
    print (file == "" ? "view.awk" : file ":" line) ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

# "dict", "keys to values, in insertion order."
function add_type(name, sentence)
{
    sub(/\.( .*)?$/, "", sentence)
    type_help[++types] = "#define TYPE_HELP_" name " " quoted(sentence)
}

function quoted(text)
{
    gsub(/[\\"]/, "\\\\&", text)
    return "\"" text "\""
}

function at_end_of_file()
{
    if (words_read || message != "")
        die("the file ends inside a " (message == "" ? "statement" : "message"))
}

function statement(end,    text, i)
{
    text = word[1]
    for (i = 2; i <= words_read; i++)
        text = text " " word[i]
    if (end == "}" && words_read == 0)
        close_block()
    else if (end == "{" && words_read == 2 && word[1] == "message")
        open_message(word[2])
    else if (end == "{" && words_read == 2 && word[1] == "oneof")
        open_oneof(word[2])
    else if (end != ";")
        die("cannot read '" text " " end "'")
    else if (message == "" && text !~ /^(syntax = "proto3"|package mgrd|import "[a-z_]+\.proto")$/)
        die("cannot read '" text "'")
    else if (message != "" && oneof == "" && word[1] == "reserved")
        view[++lines] = "  " text ";"
    else if (message != "")
        read_field(text)
}

function open_message(name)
{
    if (message != "")
        die("message " name " inside message " message)
    if (name !~ /^([A-Z][a-z0-9]*)+$/ || name in fields)
        die("message " name ": a bad name, or the second of that name")
    message = name
    fields[name] = last_number = 0
    view[++lines] = "message " name " {"
}

function open_oneof(name)
{
    if (message == "" || oneof != "" || name !~ name_form)
        die("oneof " name ": not here, or a bad name")
    oneof = name
    view[++lines] = "  oneof " name " {"
}

function close_block()
{
    if (message == "")
        die("cannot read '}'")
    view[++lines] = (oneof != "" ? "  }" : "}")
    if (oneof != "")
        oneof = ""
    else
        message = ""
}

# text is [optional] TYPE NAME = NUMBER
function read_field(text,    n, optional, type, name, number)
{
    n = (word[1] == "optional")
    optional = n
    if (words_read != n + 4 || word[n + 3] != "=" || word[n + 4] !~ /^[1-9][0-9]*$/ || \
        (optional && oneof != ""))
        die("cannot read '" text "'")
    type = word[n + 1]
    name = word[n + 2]
    number = word[n + 4] + 0
    if (name !~ name_form)
        die("field " name ": a bad name")
    if (number <= last_number)
        die("field " name ": number " number " after " last_number)
    if (!(type in kind_of) && message != "Request" && message != "Response")
        die("field " name ": type " type " is not for a field of " message)
    last_number = number
    view[++lines] = (oneof == "" ? "  optional " : "    ") \
        (type == "Value" || type == "string" ? "bytes" : type) " " name " = " number ";"
    if (message == "Request" && oneof == "op")
        add_operation(type, name, number)
    else if (!(type in kind_of)) {
        used_type[++used] = type
        used_at[used] = file ":" line
    }
    n = ++fields[message]
    field_name[message, n] = name
    field_type[message, n] = type
    field_number[message, n] = number
    field_oneof[message, n] = oneof
    field_note[message, n] = note
    field_required[message, n] = (!optional && oneof == "" && type != "bool")
}

function add_operation(type, name, number)
{
    if (snake(type) != name)
        die("operation " name ": its message must not be " type)
    if (number < 16 || number > 2047)
        die("operation " name ": its number is not in 16..2047")
    op_type[++ops] = type
    op_name[ops] = name
    op_number[ops] = number
    used_type[++used] = type
    used_at[used] = file ":" line
}

# DictGetMany is dict_get_many.
function snake(camel,    i, letter, text)
{
    for (i = 1; i <= length(camel); i++) {
        letter = substr(camel, i, 1)
        if (letter ~ /[A-Z]/)
            letter = (i > 1 ? "_" : "") tolower(letter)
        text = text letter
    }
    return text
}

function check_types(    i)
{
    for (i = 1; i <= used; i++)
        if (!(used_type[i] in fields)) {
            print used_at[i] ": there is no message " used_type[i] > "/dev/stderr"
            exit 1
        }
}

function write_view(    i, to)
{
    to = out "/wire.proto"
    print "// Made by scripts/view.awk: do not edit." > to
    print "syntax = \"proto2\";\npackage wire;" > to
    print "import \"protobuf-c/protobuf-c.proto\";" > to
    print "option (pb_c_file).gen_pack_helpers = false;" > to
    print "option (pb_c_file).gen_init_helpers = true;" > to
    for (i = 1; i <= lines; i++)
        print view[i] > to
    close(to)
}

function write_args(    i, k, to, type)
{
    to = out "/args.h"
    print "/* Made by scripts/view.awk: do not edit. */" > to
    for (i = 1; i <= ops; i++) {
        type = op_type[i]
        print "static const struct arg_row args_" op_name[i] "[] = {" > to
        for (k = 1; k <= fields[type]; k++)
            print "    {" arg(type, k) "}," > to
        print "    {.name = NULL}};" > to
        k = (field_name[type, 1] == "name" && field_type[type, 1] == "string" && field_required[type, 1])
        print "enum { named_" op_name[i] " = " (k ? 1 : 0) " };" > to
        if (k)
            print "static_assert(offsetof(Wire__" type ", name) == OP_NAME_AT, \"" type ".name\");" > to
    }
    close(to)
}

function arg(type, k,    name, member, has)
{
    name = field_name[type, k]
    member = (name in keyword) ? name "_" : name
    has = (field_oneof[type, k] != "") ? field_oneof[type, k] "_case" : "has_" member
    return "\"" name "\", " kind_of[field_type[type, k]] ", " \
        (field_required[type, k] ? "true" : "false") ", " \
        (field_oneof[type, k] != "" ? "true" : "false") ", offsetof(Wire__" type ", " member \
        "), offsetof(Wire__" type ", " has "), " field_number[type, k] \
        ", sizeof(((Wire__" type " *)0)->" member "), " \
        (field_note[type, k] == "" ? "NULL" : quoted(field_note[type, k]))
}

function write_numbers(    i, to)
{
    to = out "/ops_numbers.h"
    print "/* Made by scripts/view.awk: do not edit. */" > to
    print "#ifndef OPS_NUMBERS_H\n#define OPS_NUMBERS_H\n\nenum {" > to
    for (i = 1; i <= ops; i++)
        print "    OP_" op_name[i] " = " op_number[i] "," > to
    print "};\n\n#endif" > to
    close(to)
}

function write_type_help(    i, to)
{
    to = out "/type_help.h"
    print "/* Made by scripts/view.awk: do not edit. */" > to
    print "#ifndef TYPE_HELP_H\n#define TYPE_HELP_H\n" > to
    for (i = 1; i <= types; i++)
        print type_help[i] > to
    print "\n#endif" > to
    close(to)
}
