/* SPDX-License-Identifier: BSD-2-Clause */
/* Object names: segments [A-Za-z0-9_][A-Za-z0-9._:-]* joined by single slashes. */
#ifndef WIRE_NAME_H
#define WIRE_NAME_H

#include "wire/base/bytes.h"

enum { NAME_MAX_BYTES = 255 };
#define NAME_RULE                                                                     \
    "letters, digits and _ . : - in segments joined by /, each of which begins with " \
    "a letter, a digit or _; 255 bytes at most"

bool name_valid(struct bytes name);

/* Why a name is not valid, as a static text that continues a sentence ("... is empty"); NULL: it
 * is valid. */
const char *name_fault(struct bytes name);

#endif
