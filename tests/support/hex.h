/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes written as hex digits, for recorded frames. */
#ifndef TESTS_SUPPORT_HEX_H
#define TESTS_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Reads pairs of digits, spaces between them allowed, into a block of exactly that size, so that a
 * sanitizer sees a read behind it. The caller frees it; NULL when the text is not hex. */
uint8_t *hex_read(const char *hex, size_t *len);

#endif
