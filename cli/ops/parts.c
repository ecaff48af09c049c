/* SPDX-License-Identifier: BSD-2-Clause */
/* Large objects read in parts, and lists sorted here: what one request may not do. */
#include "cli/ops/parts.h"

#include <stdlib.h>

#include "cli/ops/content.h"
#include "client/internal.h"
#include "ops_numbers.h"
#include "wire/value/value.h"

enum { TRIES = 3 };

/* How one try ended. */
enum end {
    END_ANSWER, /* its status is what came of it */
    END_AGAIN,  /* the object changed meanwhile, and nothing was done */
    END_NOT,    /* it cannot be done so: the daemon is asked for the whole again, and says why */
};

struct part {
    size_t at; /* where its bytes begin: the key's, then the value's */
    uint32_t key_len, value_len;
};

struct parts {
    struct buf bytes;
    struct buf index; /* of struct part */
    uint64_t revision;
    bool unordered;     /* sorting found two that have no order, */
    enum val_kind x, y; /* of these kinds */
};

static size_t parts_count(const struct parts *parts)
{
    return parts->index.len / sizeof(struct part);
}

static struct part *parts_all(const struct parts *parts)
{
    return (struct part *)(void *)parts->index.data;
}

static struct bytes key_of(const struct parts *parts, const struct part *part)
{
    return bytes_of(parts->bytes.data + part->at, part->key_len);
}

static struct bytes value_of(const struct parts *parts, const struct part *part)
{
    return bytes_of(parts->bytes.data + part->at + part->key_len, part->value_len);
}

static int keep_part(void *arg, struct bytes key, struct bytes value)
{
    struct parts *parts = arg;
    struct part part = {parts->bytes.len, (uint32_t)key.len, (uint32_t)value.len};
    buf_put_bytes(&parts->bytes, key);
    buf_put_bytes(&parts->bytes, value);
    buf_put(&parts->index, &part, sizeof part);
    return parts->bytes.failed || parts->index.failed;
}

static void parts_free(struct parts *parts)
{
    buf_free(&parts->bytes);
    buf_free(&parts->index);
}

/* Whether --unchanged-since forbids it: the request that it came with was refused as too much, and
 * nothing that is sent from here on has it. */
static bool is_too_late(const struct cli *cli, const struct content *content)
{
    uint64_t since = cli->options.unchanged_since;
    return since != 0 && content->revision > since;
}

/* All of an object as it was at parts->revision, when this is END_ANSWER; free it in any case. */
static enum end parts_read(struct cli *cli, const char *name, struct parts *parts)
{
    struct content before, after;
    int code;
    buf_init(&parts->bytes);
    buf_init(&parts->index);
    if (content_describe(cli, name, &before) != MGR_OK || content_is_one(&before) ||
        is_too_late(cli, &before) || content_each(cli, name, keep_part, parts, &code) != MGR_OK ||
        code != 0 || content_describe(cli, name, &after) != MGR_OK)
        return END_NOT;
    parts->revision = before.revision;
    bool same = before.revision == after.revision && before.type == after.type;
    return same ? END_ANSWER : END_AGAIN;
}

/* Of a change that is refused when the object is not as it was read. What may have been done is
 * never done again; as too much for one request it is refused in the words for the whole. */
static enum end end_of_change(enum mgr_status status)
{
    return status == MGR_CONFLICT ? END_AGAIN : status == MGR_LIMIT ? END_NOT : END_ANSWER;
}

/* ---- orders ---- */

static void turn_round(struct parts *parts)
{
    struct part *all = parts_all(parts);
    for (size_t i = 0, j = parts_count(parts); i + 1 < j; i++) {
        struct part part = all[i];
        all[i] = all[--j];
        all[j] = part;
    }
}

typedef enum val_order order_fn(struct parts *parts, const struct part *a, const struct part *b);

static enum val_order by_key(struct parts *parts, const struct part *a, const struct part *b)
{
    return val_compare(key_of(parts, a), key_of(parts, b), &parts->x, &parts->y);
}

static enum val_order by_value(struct parts *parts, const struct part *a, const struct part *b)
{
    return val_compare(value_of(parts, a), value_of(parts, b), &parts->x, &parts->y);
}

/* A stable merge sort. False: two have no order, or there is no memory. */
static bool sort_range(struct parts *parts, struct part *all, struct part *room, size_t count,
                       order_fn *order)
{
    size_t half = count / 2, left = 0, right = half, at = 0;
    if (count < 2)
        return true;
    if (!sort_range(parts, all, room, half, order) ||
        !sort_range(parts, all + half, room, count - half, order))
        return false;
    memcpy(room, all, half * sizeof *all);
    while (left < half && right < count) {
        enum val_order found = order(parts, &all[right], &room[left]);
        parts->unordered = found == VAL_INCOMPARABLE;
        if (parts->unordered || found == VAL_ORDER_NOMEM)
            return false;
        all[at++] = found == VAL_LESS ? all[right++] : room[left++];
    }
    memcpy(all + at, room + left, (half - left) * sizeof *all);
    return true;
}

/* Downwards as Python does it: turned round, sorted upwards, turned round. */
static bool parts_sort(struct parts *parts, order_fn *order, bool reverse)
{
    size_t count = parts_count(parts);
    struct part *room = calloc(count + 1, sizeof *room);
    if (room == NULL)
        return false;
    if (reverse)
        turn_round(parts);
    bool done = sort_range(parts, parts_all(parts), room, count, order);
    if (reverse)
        turn_round(parts);
    free(room);
    return done;
}

/* ---- results ---- */

static struct mgr_arg arg_of(struct bytes bytes)
{
    return mgr_of_view((struct mgr_view){bytes.data, bytes.len});
}

static void build_pair(struct mgr_builder *b, const struct parts *parts, const struct part *part)
{
    mgr_build_put(b, arg_of(key_of(parts, part)));
    mgr_build_put(b, arg_of(value_of(parts, part)));
}

static void build_one(struct mgr_builder *b, const struct parts *parts, const struct part *part,
                      unsigned operation)
{
    bool pairs = part->key_len > 0;
    if (pairs && operation == OP_dict_items) {
        mgr_build_open(b, MGR_KIND_TUPLE);
        build_pair(b, parts, part);
        mgr_build_close(b);
    } else if (pairs && operation != OP_dict_values) {
        mgr_build_put(b, arg_of(key_of(parts, part)));
    } else {
        mgr_build_put(b, arg_of(value_of(parts, part)));
    }
}

static struct mgr_value *build(const struct parts *parts, enum mgr_kind kind, unsigned operation)
{
    struct mgr_builder *b = mgr_build();
    const struct part *all = parts_all(parts);
    mgr_build_open(b, kind);
    for (size_t i = 0; i < parts_count(parts); i++)
        if (kind == MGR_KIND_DICT)
            build_pair(b, parts, &all[i]);
        else
            build_one(b, parts, &all[i], operation);
    mgr_build_close(b);
    return mgr_build_value(b);
}

/* Operations that give all of an object. */
static const struct whole {
    unsigned operation;
    enum mgr_kind kind;
    bool backwards, sorted;
} wholes[] = {
    {OP_dict_copy, MGR_KIND_DICT, false, false},
    {OP_dict_keys, MGR_KIND_LIST, false, false},
    {OP_dict_values, MGR_KIND_LIST, false, false},
    {OP_dict_items, MGR_KIND_LIST, false, false},
    {OP_dict_reversed, MGR_KIND_LIST, true, false},
    {OP_namespace_items, MGR_KIND_DICT, false, true},
    {OP_list_copy, MGR_KIND_LIST, false, false},
    {OP_list_reversed, MGR_KIND_LIST, true, false},
    {OP_array_copy, MGR_KIND_LIST, false, false},
    {OP_set_copy, MGR_KIND_SET, false, false},
};

static const struct whole *whole_of(const struct op_row *row)
{
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        if (wholes[i].operation == row->number)
            return &wholes[i];
    return NULL;
}

static enum end give(struct mgr_value *value, struct mgr_value **result)
{
    if (value == NULL)
        return END_NOT;
    if (result != NULL)
        *result = value;
    else
        mgr_value_free(value);
    return END_ANSWER;
}

static enum end give_whole(struct parts *parts, const struct whole *whole,
                           struct mgr_value **result)
{
    if (whole->backwards)
        turn_round(parts);
    if (whole->sorted && !parts_sort(parts, by_key, false))
        return END_NOT;
    return give(build(parts, whole->kind, whole->operation), result);
}

static enum mgr_status call(struct cli *cli, unsigned operation, const struct mgr_named *args,
                            size_t count)
{
    const struct op_row *row = op_row(operation);
    char room[OP_WORDS];
    return cli_call(cli, op_words(row->type, row->method, room), args, count, NULL);
}

/* In one step, unless it was changed since it was read. */
static enum end write_sorted(struct cli *cli, const char *name, struct parts *parts, bool reverse,
                             enum mgr_status *status)
{
    struct mgr_value *sorted =
        parts_sort(parts, by_value, reverse) ? build(parts, MGR_KIND_LIST, OP_list_copy) : NULL;
    if (parts->unordered)
        *status =
            client_fail(cli->m, MGR_TYPE, "'<' not supported between instances of '%s' and '%s'",
                        val_type_name(parts->x), val_type_name(parts->y));
    if (sorted == NULL)
        return parts->unordered ? END_ANSWER : END_NOT;
    const struct mgr_named args[] = {{"name", mgr_str(name)}, {"items", mgr_of(sorted)}};
    mgr_unchanged_since(cli->m, parts->revision);
    *status = call(cli, OP_list_set_slice, args, 2);
    mgr_value_free(sorted);
    return end_of_change(*status);
}

/* ---- looking for items ---- */

enum search { SEARCH_NONE, SEARCH_HAS, SEARCH_INDEX, SEARCH_COUNT, SEARCH_REMOVE };

static enum search search_of(const struct op_row *row, const struct arguments *arguments)
{
    static const unsigned operations[] = {
        [SEARCH_HAS] = OP_list_has,
        [SEARCH_INDEX] = OP_list_index,
        [SEARCH_COUNT] = OP_list_count,
        [SEARCH_REMOVE] = OP_list_remove,
    };
    if (arguments_find(arguments, "start") != NULL || arguments_find(arguments, "stop") != NULL)
        return SEARCH_NONE;
    for (unsigned i = SEARCH_HAS; i <= SEARCH_REMOVE; i++)
        if (operations[i] == row->number)
            return (enum search)i;
    return SEARCH_NONE;
}

static enum end give_answer(struct mgr_arg answer, struct mgr_value **result)
{
    struct mgr_builder *b = mgr_build();
    mgr_build_put(b, answer);
    return give(mgr_build_value(b), result);
}

/* The daemon's own words for what is not there: it is looked for among no items. */
static enum end miss(struct cli *cli, const struct mgr_named *name, struct mgr_arg value,
                     enum mgr_status *status)
{
    const struct mgr_named args[] = {
        *name, {"value", value}, {"start", mgr_int(0)}, {"stop", mgr_int(0)}};
    *status = call(cli, OP_list_index, args, 4);
    return END_ANSWER;
}

static enum end remove_at(struct cli *cli, const struct mgr_named *name, const struct parts *parts,
                          size_t at, enum mgr_status *status)
{
    const struct mgr_named args[] = {*name, {"index", mgr_int((int64_t)at)}};
    mgr_unchanged_since(cli->m, parts->revision);
    *status = call(cli, OP_list_del, args, 2);
    return end_of_change(*status);
}

static enum end give_found(struct cli *cli, enum search search, const struct arguments *arguments,
                           const struct parts *parts, struct mgr_value **result,
                           enum mgr_status *status)
{
    const struct mgr_named *name = arguments_find(arguments, "name");
    const struct mgr_named *wanted = arguments_find(arguments, "value");
    const struct part *all = parts_all(parts);
    size_t count = 0, first = 0;
    if (wanted == NULL || wanted->value.kind != MGR_ARG_ENCODED)
        return END_NOT;
    struct bytes value = bytes_of(wanted->value.data, wanted->value.len);
    for (size_t i = parts_count(parts); i > 0; i--) {
        int equal = val_equal(value_of(parts, &all[i - 1]), value);
        if (equal < 0)
            return END_NOT;
        count += equal > 0;
        first = equal > 0 ? i - 1 : first;
    }
    if (search == SEARCH_HAS)
        return give_answer(mgr_bool(count > 0), result);
    if (search == SEARCH_COUNT)
        return give_answer(mgr_int((int64_t)count), result);
    if (count == 0)
        return miss(cli, name, wanted->value, status);
    return search == SEARCH_INDEX ? give_answer(mgr_int((int64_t)first), result)
                                  : remove_at(cli, name, parts, first, status);
}

bool parts_call(struct cli *cli, const struct op_row *row, const struct arguments *arguments,
                struct mgr_value **result, enum mgr_status *status)
{
    const struct mgr_named *name = arguments_find(arguments, "name");
    const struct mgr_named *reverse = arguments_find(arguments, "reverse");
    const struct whole *whole = whole_of(row);
    enum search search = search_of(row, arguments);
    bool sort = row->number == OP_list_sort;
    enum end end = END_AGAIN;
    if (name == NULL || (whole == NULL && search == SEARCH_NONE && !sort))
        return false;
    for (unsigned i = 0; i < TRIES && end == END_AGAIN; i++) {
        struct parts parts = {.revision = 0};
        *status = MGR_OK;
        end = parts_read(cli, name->value.data, &parts);
        if (end == END_ANSWER && sort)
            end = write_sorted(cli, name->value.data, &parts,
                               reverse != NULL && reverse->value.integer != 0, status);
        else if (end == END_ANSWER && whole != NULL)
            end = give_whole(&parts, whole, result);
        else if (end == END_ANSWER)
            end = give_found(cli, search, arguments, &parts, result, status);
        parts_free(&parts);
    }
    return end == END_ANSWER || *status == MGR_CONFLICT;
}
