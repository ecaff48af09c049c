/* SPDX-License-Identifier: BSD-2-Clause */
/* Prototypes of the handlers of all operations that the engine runs: `int dict_set(ctx, in)`,
 * one per line of wire/proto/ops.def, with its own message type. */
#ifndef OBJECTS_PROTOTYPES_H
#define OBJECTS_PROTOTYPES_H

#include "daemon/engine/core.h"
#include "wire.pb-c.h"

/* The gate executes the operations of these types itself. */
#define OPS_ELSEWHERE_server  ,
#define OPS_ELSEWHERE_session ,

/* OPS_HERE(type)(type, method) expands to nothing for types that the gate executes, else to
 * OPS_EACH(type, method). */
#define OPS_HERE(type)        OPS_PICK(OPS_ELSEWHERE_##type OPS_SKIP, OPS_EACH, )
#define OPS_PICK(...)         OPS_SECOND(__VA_ARGS__, )
#define OPS_SECOND(a, b, ...) b
#define OPS_SKIP(type, method)

#define OPS_EACH(type, method)           \
    int type##_##method(struct ctx *ctx, \
                        const __typeof__(*((Wire__Request *)0)->type##_##method) *in);
#define OP(type, method, class, flags, help) OPS_HERE(type)(type, method)
#include "wire/proto/ops.def"
#undef OP
#undef OPS_EACH

#endif
