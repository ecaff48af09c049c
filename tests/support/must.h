/* SPDX-License-Identifier: BSD-2-Clause */
/* An assertion for hot paths: those of libcheck write to a file even when they hold. */
#ifndef TESTS_SUPPORT_MUST_H
#define TESTS_SUPPORT_MUST_H

#include <check.h>
#undef fail /* of old checks; the engine has its own */

#define must(holds) ((holds) ? (void)0 : ck_abort_msg("%s", #holds))

#endif
