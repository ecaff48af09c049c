/* SPDX-License-Identifier: BSD-2-Clause */
/* Our decoder against protobuf-c's own. */
#ifndef TESTS_SUPPORT_DECODE_DIFF_H
#define TESTS_SUPPORT_DECODE_DIFF_H

#include "wire/proto/decode.h"

enum diff_outcome {
    DIFF_EQUAL,     /* both accept, and every field is the same */
    DIFF_STRICTER,  /* only protobuf-c accepts */
    DIFF_REFUSED,   /* both refuse */
    DIFF_LAXER,     /* a fault: only we accept */
    DIFF_DIFFERENT, /* a fault: both accept, and a field differs */
    DIFF_BROKEN,    /* a fault: the decoder breaks its own contract */
};

/* Decodes body as a request both ways. *status is our decoder's. */
enum diff_outcome decode_diff(struct bytes body, enum decode_status *status);

#endif
