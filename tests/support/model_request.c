/* SPDX-License-Identifier: BSD-2-Clause */
/* Any request of the op table, by choice. */
#include "tests/support/model_request.h"

#include "daemon/engine/registry.h"
#include "ops_numbers.h"
#include "tests/support/model_value.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

enum { TOKENS_BACK = 64 };

/* ---- what is asked for ---- */

/* Any of those that have a name. */
static unsigned type_choose(struct choice *c)
{
    unsigned types[TYPE_COUNT], count = 0;
    for (unsigned type = 0; type < TYPE_COUNT; type++)
        if (type_name(type) != NULL)
            types[count++] = type;
    return types[choose(c, count)];
}

static const struct op_row *op_choose(struct choice *c)
{
    const struct op_row *op = NULL;
    bool of_all = choose_rarely(c, 6); /* what every object has */
    uint64_t count = 0;
    if (choose_rarely(c, 16))
        return op_find("object", "changed");
    while ((op = op_next(op)) != NULL)
        count += op->number >= 64 && (!of_all || op->number / 64 == TYPE_OBJECT);
    for (uint64_t n = choose(c, count) + 1; n > 0;) {
        op = op_next(op);
        n -= op->number >= 64 && (!of_all || op->number / 64 == TYPE_OBJECT);
    }
    return op;
}

/* One of the newest objects. */
static const struct object *object_choose(const struct world *w, struct choice *c)
{
    const struct object *object = w->engine->objects_last;
    for (uint64_t back = choose(c, 8); object != NULL && back > 0 && object->prev != NULL; back--)
        object = object->prev;
    return object;
}

/* ---- texts ---- */

static struct buf *text_new(struct model_request *r)
{
    struct buf *text = &r->texts[r->text_count++ % MODEL_VALUES];
    buf_reset(text, SIZE_MAX);
    return text;
}

static void name_put(struct model_request *r, const struct world *w, struct choice *c,
                     struct buf *out)
{
    static const char *const strange[] = {"", "no/such", "a b", "~dict-1", "~list-", "\xc3\xa4"};
    const struct object *object = object_choose(w, c);
    uint64_t how = choose(c, 32);
    if (how == 0) {
        buf_put_text(out, strange[choose(c, sizeof strange / sizeof strange[0])]);
    } else if (how < 6 && object != NULL) {
        object_put_name(object, out);
    } else {
        unsigned type = r->type >= TYPE_DICT ? r->type : type_choose(c);
        buf_printf(out, "%s/%u", type_name(type), (unsigned)choose(c, MODEL_NAMES));
    }
}

static void text_put(struct model_request *r, const char *field, struct choice *c, struct buf *out)
{
    static const char codes[] = "bBhHiIlLqQfdw";
    static const char *const globs[] = {"*", "dict/*", "[ls]*/?", "", "\\*", "l[!a-h]st/*", "["};
    static const char *const kinds[] = {"fifo", "lifo", "priority", "heap"};
    static const char *const attrs[] = {"a", "b", "c", "long_name_of_an_attribute", "_x", ""};
    if (strcmp(field, "type") == 0) {
        if (r->type < TYPE_DICT || choose_rarely(c, 24))
            r->type = type_choose(c);
        buf_put_text(out, choose_rarely(c, 24) ? "no_type" : type_name(r->type));
    } else if (strcmp(field, "typecode") == 0) {
        buf_put_u8(out, (uint8_t)codes[choose(c, sizeof codes - 1)]);
    } else if (strcmp(field, "kind") == 0) {
        buf_put_text(out, kinds[choose(c, sizeof kinds / sizeof kinds[0])]);
    } else if (strcmp(field, "lock") == 0) {
        buf_printf(out, "%s/0", choose(c, 2) == 0 ? "lock" : "rlock");
    } else if (strcmp(field, "to") == 0) {
        buf_printf(out, "queue/%u", (unsigned)choose(c, MODEL_NAMES));
    } else if (strcmp(field, "glob") == 0) {
        buf_put_text(out, globs[choose(c, sizeof globs / sizeof globs[0])]);
    } else {
        buf_put_text(out, attrs[choose(c, sizeof attrs / sizeof attrs[0])]);
    }
}

/* ---- fields ---- */

static struct buf *value_new(struct model_request *r)
{
    must(r->value_count < MODEL_VALUES);
    struct buf *value = &r->values[r->value_count++];
    buf_reset(value, SIZE_MAX);
    return value;
}

/* Its init is a number of permits or parties. */
static bool is_counted(unsigned type)
{
    return type == TYPE_SEMAPHORE || type == TYPE_BARRIER;
}

/* What a value may refer to: now and then what is no object. */
static uint64_t ref_choose(const struct world *w, struct choice *c)
{
    static const uint64_t strange[] = {0, 1, UINT64_MAX};
    const struct object *object = object_choose(w, c);
    return object == NULL || choose_rarely(c, 16) ? strange[choose(c, 3)] : object->id;
}

static void value_put(struct model_request *r, const struct arg_row *arg, const struct world *w,
                      struct choice *c, struct buf *out)
{
    static const char *const numbers[] = {"index", "start", "stop", "step", "times"};
    struct model_values values = {.choice = c, .ref = ref_choose(w, c)};
    bool collects = strcmp(arg->name, "items") == 0 || strcmp(arg->name, "keys") == 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(arg->name, numbers[i]) == 0) {
            model_put_index(out, &values);
            return;
        }
    }
    if (r->type == TYPE_ARRAY && (collects || strcmp(arg->name, "init") == 0))
        model_put_numbers(out, &values);
    else if (strcmp(arg->name, "init") == 0 && is_counted(r->type))
        val_put_int(out, (int64_t)choose(c, 4));
    else if (strcmp(arg->name, "by") == 0 || r->type == TYPE_ARRAY)
        model_put_number(out, &values);
    else if (collects || (strcmp(arg->name, "init") == 0 && r->type != TYPE_VALUE))
        model_put_collection(out, &values);
    else
        model_put_value(out, &values);
}

/* One of the last steps, mostly one that left a grant. */
static uint64_t token_choose(const struct world *w, struct choice *c)
{
    uint64_t token = engine_revision(w->engine) - choose(c, 64);
    for (unsigned i = 0; i < TOKENS_BACK && grant_find(w->engine, token) == NULL; i++)
        token--;
    return token;
}

static uint64_t uint_choose(const struct arg_row *arg, const struct world *w, struct choice *c)
{
    if (strcmp(arg->name, "since") == 0) {
        uint64_t back = choose(c, 8);
        return back == 7 ? 0 : engine_revision(w->engine) - back;
    }
    if (strcmp(arg->name, "token") == 0)
        return token_choose(w, c);
    if (strcmp(arg->name, "lease_ms") == 0)
        return choose(c, 4) * 1000;
    if (strcmp(arg->name, "ttl_ms") == 0)
        return 1 + choose(c, 4) * 500;
    return choose(c, 6);
}

static void field_fill(struct model_request *r, const struct arg_row *arg, const struct world *w,
                       struct choice *c)
{
    char *message = (char *)r->message;
    int given = arg->in_oneof ? (int)arg->number : true; /* a oneof has its case there */
    struct buf *out = arg->kind == ARG_VALUE ? value_new(r) : text_new(r);
    uint64_t number = 0;
    protobuf_c_boolean truth = true;
    switch (arg->kind) {
    case ARG_VALUE:
        value_put(r, arg, w, c, out);
        break;
    case ARG_STRING:
        if (strcmp(arg->name, "name") == 0)
            name_put(r, w, c, out);
        else
            text_put(r, arg->name, c, out);
        break;
    case ARG_BYTES:
        for (uint64_t n = choose(c, 3) * 4; n > 0; n--)
            buf_put_u8(out, (uint8_t)choose(c, 4));
        break;
    case ARG_BOOL:
        truth = choose(c, 2) == 1;
        memcpy(message + arg->offset, &truth, sizeof truth);
        break;
    default:
        number = uint_choose(arg, w, c);
        memcpy(message + arg->offset, &number, arg->size);
    }
    if (arg->kind == ARG_VALUE || arg->kind == ARG_STRING || arg->kind == ARG_BYTES) {
        ProtobufCBinaryData data = world_bytes(buf_bytes(out));
        memcpy(message + arg->offset, &data, sizeof data);
    }
    memcpy(message + arg->has, &given, arg->in_oneof ? sizeof given : sizeof(protobuf_c_boolean));
}

/* The parameters of the types that have some. */
static const struct {
    const char *name;
    unsigned type, other;
} params[] = {
    {"typecode", TYPE_ARRAY, TYPE_ARRAY},     {"maxsize", TYPE_QUEUE, TYPE_PIPE},
    {"kind", TYPE_QUEUE, TYPE_QUEUE},         {"bounded", TYPE_SEMAPHORE, TYPE_SEMAPHORE},
    {"lock", TYPE_CONDITION, TYPE_CONDITION}, {"patience_ms", TYPE_BARRIER, TYPE_BARRIER},
    {"one_way", TYPE_PIPE, TYPE_PIPE},
};

/* Most of those that start with a content do; a barrier must. */
static bool is_begun(unsigned type, struct choice *c)
{
    if (type < TYPE_EVENT || type == TYPE_SEMAPHORE || type == TYPE_QUEUE)
        return choose(c, 2) == 0;
    return (type == TYPE_BARRIER) != choose_rarely(c, 24);
}

/* Most objects have a name, and few go away by themselves. */
static bool is_given(const struct model_request *r, const struct arg_row *arg, struct choice *c)
{
    if (arg->required)
        return true;
    if (strcmp(arg->name, "ttl_ms") == 0 || strcmp(arg->name, "ephemeral") == 0)
        return choose_rarely(c, 12);
    if (strcmp(arg->name, "init") == 0)
        return is_begun(r->type, c);
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (strcmp(arg->name, params[i].name) == 0) {
            bool fits = r->type == params[i].type || r->type == params[i].other;
            return (fits && (r->type == TYPE_ARRAY || choose(c, 2) == 0)) != choose_rarely(c, 48);
        }
    }
    return strcmp(arg->name, "name") == 0 ? !choose_rarely(c, 8) : choose(c, 2) == 0;
}

static void fields_fill(struct model_request *r, const struct world *w, struct choice *c)
{
    must(r->op->message->sizeof_message <= sizeof r->message);
    protobuf_c_message_init(r->op->message, r->message);
    r->text_count = 0;
    r->value_count = 0;
    if (r->op->number == OP_object_create && r->type < TYPE_DICT)
        r->type = type_choose(c);
    for (unsigned i = 0; i < r->op->arg_count; i++) {
        const struct arg_row *arg = &r->op->args[i];
        if (is_given(r, arg, c))
            field_fill(r, arg, w, c);
    }
}

/* ---- the request ---- */

/* What to ask instead when the object is missing, or has grown too long. */
static const struct op_row *better_op(const struct model_request *r, const struct world *w,
                                      struct choice *c)
{
    const struct object *object;
    if (!r->op->on_object)
        return r->op;
    object = registry_find(w->engine, op_object_name(model_request_in(r)));
    if (object == NULL)
        return choose_rarely(c, 8) ? r->op : op_find("object", "create");
    if (object->ops->length != NULL && object->ops->length(object) > MODEL_LENGTH_MAX)
        return op_find("object", "delete");
    return r->op;
}

void model_request_make(struct model_request *r, const struct world *w, struct choice *c)
{
    r->op = op_choose(c);
    r->type = r->op->number / 64;
    fields_fill(r, w, c);
    const struct op_row *better = better_op(r, w, c);
    if (better == r->op)
        return;
    Wire__ObjectDelete delete = WIRE__OBJECT_DELETE__INIT;
    if (strcmp(better->method, "delete") == 0) { /* of that very object */
        struct bytes name = op_object_name(model_request_in(r));
        r->op = better;
        delete.has_name = delete.has_force = delete.force = true;
        delete.name = world_bytes(name);
        memcpy(r->message, &delete, sizeof delete);
        return;
    }
    r->op = better;
    fields_fill(r, w, c);
}

void model_request_init(struct model_request *r)
{
    *r = (struct model_request){.op = NULL};
    for (unsigned i = 0; i < MODEL_VALUES; i++) {
        buf_init(&r->texts[i]);
        buf_init(&r->values[i]);
    }
}

void model_request_free(struct model_request *r)
{
    for (unsigned i = 0; i < MODEL_VALUES; i++) {
        buf_free(&r->texts[i]);
        buf_free(&r->values[i]);
    }
}
