/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of handlers and types that engine_new takes. */
#include "daemon/objects/handlers.h"

#include "daemon/objects/prototypes.h"
#include "ops_numbers.h"

/* The types: one line each. */
#define TYPES(T)            \
    T(DICT, dict)           \
    T(LIST, list)           \
    T(SET, set)             \
    T(NAMESPACE, namespace) \
    T(VALUE, value)         \
    T(ARRAY, array)         \
    T(EVENT, event)         \
    T(LOCK, lock)           \
    T(RLOCK, rlock)         \
    T(SEMAPHORE, semaphore) \
    T(CONDITION, condition) \
    T(BARRIER, barrier)     \
    T(QUEUE, queue)         \
    T(PIPE, pipe)

#define T(number, noun) extern const struct object_ops noun##_ops;
TYPES(T)
#undef T

/* From the message of any operation to that of its own. */
#define OPS_EACH(type, method)                                        \
    static int run_##type##_##method(struct ctx *ctx, const void *in) \
    {                                                                 \
        return type##_##method(ctx, in);                              \
    }
#define OP(type, method, class, flags, help) OPS_HERE(type)(type, method)
#include "wire/proto/ops.def"
#undef OP
#undef OPS_EACH

static const struct handlers table = {
    .by_number =
        {
#define OPS_EACH(type, method)               [OP_##type##_##method] = run_##type##_##method,
#define OP(type, method, class, flags, help) OPS_HERE(type)(type, method)
#include "wire/proto/ops.def"
#undef OP
#undef OPS_EACH
        },
#define T(number, noun) [TYPE_##number] = &noun##_ops,
    .types = {TYPES(T)},
#undef T
};

const struct handlers *objects_handlers(void)
{
    return &table;
}
