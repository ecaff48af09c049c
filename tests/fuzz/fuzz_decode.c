/* SPDX-License-Identifier: BSD-2-Clause */
/* Splits frames and decodes requests; protobuf-c must agree with all that is accepted. */
#include <stdlib.h>

#include "tests/support/decode_diff.h"
#include "wire.pb-c.h"
#include "wire/base/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void check_response(struct bytes body)
{
    uint8_t memory[DECODE_ARENA];
    struct arena arena = {memory, sizeof memory, 0};
    struct decode_error error;
    Wire__Response response;
    if (decode_response(body, &arena, &response, &error) == DECODE_NOMEM)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    enum decode_status status = DECODE_OK;
    struct bytes body;
    size_t used;
    size_t need;
    /* As a connection does: on to the next frame unless the protocol is broken. */
    while (input.len > 0 && status != DECODE_HARD &&
           frame_split(input, LIMIT, &body, &used, &need) == FRAME_OK) {
        if (used > input.len || body.len == 0 || body.data + body.len != input.data + used ||
            decode_diff(body, &status) >= DIFF_LAXER)
            abort();
        check_response(body);
        input = bytes_of(input.data + used, input.len - used);
    }
    return 0;
}
