/* SPDX-License-Identifier: BSD-2-Clause */
/* mgrd's protocol, written by hand so that the generator is never the slow one. */
#include "bench/protocol.h"
#include "ops_numbers.h"
#include "wire/base/frame.h"
#include "wire/value/value.h"

enum {
    SLOTS = 256,          /* ids of one round; a window is as large, or a smaller power of two */
    HEAD_MAX = 128,       /* id, revision, and what tells the kind of a reply, at the most */
    REPLY_MAX = 64 << 20, /* the largest frame limit there is */
    CODE_KEY = 6,         /* see wire/proto/errors.def */
    HELLO_ID = 1,
};
/* Larger than every other id of a session, as an id must be. */
#define BYE_ID (UINT64_C(1) << 62)

/* Numbers of fields. */
enum { RESPONSE_ERROR = 3, RESPONSE_DONE, RESPONSE_VALUE, RESPONSE_GRANT };
enum { RESPONSE_WELCOME = 8, WELCOME_WINDOW = 4 };
enum { ERROR_CODE = 1, ERROR_MESSAGE = 2, DONE_LOST = 1, GRANT_TOKEN = 1, GRANT_VALUE = 4 };

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };
enum { FIELD_ID = 1 << 3 | WIRE_VARINT, FIELD_REVISION = 2 << 3 | WIRE_VARINT }; /* as they begin */

/* ---- writing ---- */

static void put_tag(struct buf *out, unsigned field, unsigned wire_type)
{
    buf_put_varint(out, field << 3 | wire_type);
}

static void put_number(struct buf *out, unsigned field, uint64_t number)
{
    put_tag(out, field, WIRE_VARINT);
    buf_put_varint(out, number);
}

static void put_data(struct buf *out, unsigned field, struct bytes data)
{
    put_tag(out, field, WIRE_LENGTH);
    buf_put_varint(out, data.len);
    buf_put_bytes(out, data);
}

/* The frame of a request up to its id; len bytes follow. */
static void put_head(struct buf *out, uint64_t id, size_t len)
{
    uint8_t number[10];
    size_t number_len = varint_write(number, id);
    uint8_t *at = buf_reserve(out, HEAD_MAX);
    if (at == NULL)
        return;
    size_t head = frame_head(at, 1 + number_len + len);
    at[head++] = FIELD_ID;
    memcpy(at + head, number, sizeof number);
    out->len += head + number_len;
}

static void put_frame(struct buf *out, uint64_t id, unsigned op, const struct buf *body)
{
    struct buf text;
    buf_init(&text);
    put_data(&text, op, buf_bytes(body));
    put_head(out, id, text.len);
    buf_put_bytes(out, buf_bytes(&text));
    out->failed |= text.failed || body->failed;
    buf_free(&text);
}

static void put_hello(struct buf *out)
{
    struct buf body;
    buf_init(&body);
    put_number(&body, 1, 1);
    put_data(&body, 2, bytes_text("mgr-bench"));
    put_number(&body, 4, SLOTS);
    put_frame(out, HELLO_ID, OP_session_hello, &body);
    buf_free(&body);
}

static void put_bye(struct buf *out)
{
    struct buf body;
    buf_init(&body);
    put_frame(out, BYE_ID, OP_session_bye, &body);
    buf_free(&body);
}

/* What a letter of a step's args stands for; see workload.h. */
static void put_argument(struct buf *content, char letter, const struct form_recipe *recipe)
{
    struct buf inner;
    buf_init(&inner);
    if (letter == 'n') {
        form_put_name(content, recipe);
    } else if (letter == 't') {
        buf_put_text(content, recipe->type);
    } else if (letter == 'k') {
        form_put_key(&inner);
        val_put_str(content, buf_bytes(&inner));
    } else if (letter == 'v') {
        form_put_value(&inner, recipe->value_size);
        val_put_bytes(content, buf_bytes(&inner));
    } else {
        val_put_int(content, letter - '0');
    }
    content->failed |= inner.failed;
    buf_free(&inner);
}

static void put_arguments(struct buf *out, const struct form_recipe *recipe)
{
    struct buf content;
    const char *args = recipe->step->args;
    buf_init(&content);
    for (unsigned field = 1; args[field - 1] != '\0'; field++) {
        char letter = args[field - 1];
        if (letter == 'b')
            put_number(out, field, 1);
        if (letter == 'b' || letter == '-')
            continue;
        buf_reset(&content, SIZE_MAX);
        put_argument(&content, letter, recipe);
        put_data(out, field, buf_bytes(&content));
        out->failed |= content.failed;
    }
    buf_free(&content);
}

static void make_form(struct form *form, const struct form_recipe *recipe)
{
    struct buf body;
    form_init(form, recipe);
    buf_init(&body);
    put_arguments(&body, recipe);
    put_data(&form->text, recipe->step->op, buf_bytes(&body));
    form->text.failed |= body.failed;
    buf_free(&body);
    form_finish(form, recipe);
}

static void put_request(struct buf *out, const struct form *form, uint64_t round, uint64_t slot,
                        uint64_t number)
{
    put_head(out, round * SLOTS + slot, form->text.len);
    form_put(out, form, number);
}

/* ---- reading ---- */

/* One field of a message. */
struct field {
    unsigned number;
    uint64_t value;     /* of a varint */
    struct bytes bytes; /* of the others; may go on beyond what is there */
};

/* Most are one byte long: the hot path need not call for them. */
static inline int read_varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    if (at == end || *at >= 0x80)
        return varint_read(at, end, value);
    *value = *at;
    return 1;
}

/* The next field of a message of which `end` is the end, or the end of what is there. False: no
 * more, or it is cut off, or not of the protocol. */
static inline bool next_field(const uint8_t **at, const uint8_t *end, struct field *field)
{
    uint64_t tag;
    int n = read_varint(*at, end, &tag);
    if (n <= 0)
        return false;
    *at += n;
    n = read_varint(*at, end, &field->value);
    if (n <= 0)
        return false;
    *at += n;
    field->number = (unsigned)(tag >> 3);
    field->bytes = bytes_of(NULL, 0);
    if ((tag & 7) == WIRE_LENGTH) {
        field->bytes = bytes_of(*at, (size_t)field->value);
        *at = field->value < (size_t)(end - *at) ? *at + field->value : end;
    }
    return (tag & 7) == WIRE_LENGTH || (tag & 7) == WIRE_VARINT;
}

/* Finds a field in a message that may be cut off at `end`. */
static bool find_field(struct bytes message, const uint8_t *end, unsigned number,
                       struct field *field)
{
    const uint8_t *at = message.data;
    if (message.len < (size_t)(end - at))
        end = at + message.len;
    while (next_field(&at, end, field))
        if (field->number == number)
            return true;
    return false;
}

/* The frame at `at`: its length with its head, *body what is there of its begin, enough to know all
 * of it that matters. 0: more bytes are needed; -1: not a frame. */
static long open_frame(const uint8_t *at, size_t len, struct bytes *body)
{
    uint64_t size;
    int head = read_varint(at, at + len, &size);
    if (head <= 0)
        return head;
    if (size == 0 || size > REPLY_MAX)
        return -1;
    size_t total = (size_t)head + (size_t)size, enough = total < HEAD_MAX ? total : HEAD_MAX;
    if (len < enough)
        return 0;
    *body = bytes_of(at + head, enough - (size_t)head);
    return (long)total;
}

/* Past a varint whose value does not matter: ids and revisions have many bytes. */
static inline const uint8_t *skip_varint(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at >= 0x80)
        at++;
    return at < end ? at + 1 : end;
}

/* The result of a response, which stands behind its id (a push has none, or 0) and its revision. */
static bool find_result(struct bytes body, bool *push, struct field *result)
{
    const uint8_t *at = body.data, *end = body.data + body.len;
    *push = true;
    while (at < end && (*at == FIELD_ID || *at == FIELD_REVISION)) {
        bool id = *at++ == FIELD_ID;
        if (id && at < end)
            *push = *at == 0;
        at = skip_varint(at, end);
    }
    while (next_field(&at, end, result))
        if (result->number >= RESPONSE_ERROR && result->bytes.data != NULL)
            return true;
    return false;
}

static long take_hello(const uint8_t *at, size_t len, unsigned *window)
{
    bool push;
    struct bytes body;
    struct field result, field;
    long total = open_frame(at, len, &body);
    if (total <= 0)
        return total;
    if (!find_result(body, &push, &result) || result.number != RESPONSE_WELCOME ||
        !find_field(result.bytes, body.data + body.len, WELCOME_WINDOW, &field))
        return -1;
    *window = (unsigned)field.value;
    return (long)len < total ? 0 : total;
}

/* Whether a Value is bytes of this size; only its begin need be there. */
static bool is_bytes(struct bytes value, const uint8_t *end, uint32_t size)
{
    struct field field;
    const uint8_t *at = value.data;
    return next_field(&at, end, &field) && field.number == VAL_BYTES && field.value == size &&
           value.len == 1 + varint_size(size) + size;
}

static bool is_expected(const struct field *result, const uint8_t *end, const struct form *form)
{
    struct field field;
    const uint8_t *at = result->bytes.data;
    switch (form->step->reply) {
    case REPLY_DONE:
        return result->number == RESPONSE_DONE &&
               !find_field(result->bytes, end, DONE_LOST, &field);
    case REPLY_BYTES:
        return result->number == RESPONSE_VALUE && is_bytes(result->bytes, end, form->value_size);
    case REPLY_NUMBER:
        return result->number == RESPONSE_VALUE && next_field(&at, end, &field) &&
               field.number == VAL_INT;
    case REPLY_GRANT:
        return result->number == RESPONSE_GRANT &&
               find_field(result->bytes, end, GRANT_TOKEN, &field) && field.value > 0;
    case REPLY_ITEM:
        return result->number == RESPONSE_GRANT &&
               find_field(result->bytes, end, GRANT_VALUE, &field) &&
               is_bytes(field.bytes, end, form->value_size);
    case REPLY_FINE:
        return result->number != RESPONSE_ERROR;
    default:
        return true;
    }
}

/* What an error or a push says, as far as it is there: their fields are the same. */
static struct bytes message_of(const struct field *result, const uint8_t *end)
{
    struct field field;
    if (!find_field(result->bytes, end, ERROR_MESSAGE, &field) || field.bytes.len == 0)
        return bytes_text("an error without a message");
    if (field.bytes.len > (size_t)(end - field.bytes.data))
        field.bytes.len = (size_t)(end - field.bytes.data);
    return field.bytes;
}

static void judge(const struct field *result, const uint8_t *end, const struct form *form,
                  struct reply *reply)
{
    struct field field;
    bool error = result->number == RESPONSE_ERROR;
    *reply = (struct reply){VERDICT_OK, {NULL, 0}};
    if (is_expected(result, end, form))
        return;
    reply->verdict = VERDICT_WRONG;
    if (error && find_field(result->bytes, end, ERROR_CODE, &field) && field.value == CODE_KEY)
        reply->verdict = VERDICT_MISS;
    reply->text = error ? message_of(result, end)
                        : bytes_text("a result of another kind, or a value of another length");
}

static long take_reply(const uint8_t *at, size_t len, const struct form *form, struct reply *reply)
{
    bool push;
    struct bytes body;
    struct field result;
    long total = open_frame(at, len, &body);
    if (total <= 0)
        return total;
    const uint8_t *end = body.data + body.len;
    if (!find_result(body, &push, &result))
        return -1;
    if (push)
        *reply = (struct reply){VERDICT_PUSH, message_of(&result, end)};
    else
        judge(&result, end, form, reply);
    return total;
}

const struct protocol protocol_mgr = {
    .name = "mgr",
    .put_hello = put_hello,
    .take_hello = take_hello,
    .put_bye = put_bye,
    .make_form = make_form,
    .put_request = put_request,
    .take_reply = take_reply,
};

const struct protocol *protocol_find(const char *name)
{
    static const struct protocol *const all[] = {&protocol_mgr, &protocol_resp};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
