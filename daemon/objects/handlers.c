/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of handlers and types that engine_new takes. */
#include "daemon/objects/handlers.h"

#include "daemon/objects/prototypes.h"
#include "ops_numbers.h"

#define TYPE(NAME, name, ...) extern const struct object_ops name##_ops;
#include "wire/proto/types.def"

/* Casts the common message pointer to the operation's own message type. */
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
    .types =
        {
#define TYPE(NAME, name, ...) [TYPE_##NAME] = &name##_ops,
#include "wire/proto/types.def"
        },
    .version = ENGINE_VERSION,
};

const struct handlers *objects_handlers(void)
{
    return &table;
}
