/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads any text as a literal, as JSON and as tagged JSON; what is read must print, and read back
 * to itself. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/literal_kit.h"
#include "wire/literal/literal_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(bool ok, struct buf *value, size_t size, const struct literal_error *error)
{
    const char *broken = ok ? literal_kit_broken(buf_bytes(value)) : NULL;
    if (!ok &&
        (error->column < 1 || error->column > size + 1 || !quote_is_safe(bytes_text(error->text))))
        broken = "an error without a place or with a control in it";
    if (broken != NULL) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
    buf_reset(value, SIZE_MAX);
}

/* Such values may be deeper than literals, and hold any NaN: they have a promise of their own. */
static void check_tagged(struct bytes text, struct buf *value)
{
    struct literal_error error;
    struct buf printed, again;
    if (!literal_read_tagged(text, &literal_kit_names, value, &error)) {
        check_value(false, value, text.len, &error);
        return;
    }
    buf_init(&printed);
    buf_init(&again);
    literal_print_tagged(buf_bytes(value), &literal_kit_names, &printed);
    if (!literal_read_tagged(buf_bytes(&printed), &literal_kit_names, &again, &error) ||
        !bytes_equal(buf_bytes(value), buf_bytes(&again))) {
        fprintf(stderr, "tagged: does not read back to the same bytes\n");
        abort();
    }
    buf_free(&printed);
    buf_free(&again);
    buf_reset(value, SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    struct literal_error error;
    struct buf out;
    bool ok;
    buf_init(&out);
    ok = literal_read(text, LITERAL_EXACT, &literal_kit_names, &out, &error);
    check_value(ok, &out, size, &error);
    ok = literal_read(text, LITERAL_ANY, &literal_kit_names, &out, &error);
    check_value(ok, &out, size, &error);
    ok = literal_read_json(text, &out, &error);
    check_value(ok, &out, size, &error);
    check_tagged(text, &out);
    literal_escape(text, &out);
    if (!quote_is_safe(buf_bytes(&out)))
        abort();
    buf_free(&out);
    return 0;
}
