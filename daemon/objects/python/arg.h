/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of a decoded request as borrowed bytes. */
#ifndef OBJECTS_ARG_H
#define OBJECTS_ARG_H

#include <protobuf-c/protobuf-c.h>

#include "wire/base/bytes.h"

/* Empty: not given. */
static inline struct bytes arg(ProtobufCBinaryData field)
{
    return bytes_of(field.data, field.len);
}

#endif
