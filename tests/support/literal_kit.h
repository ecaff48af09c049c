/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of literals: names of objects, and what every printed value must hold to. */
#ifndef TESTS_SUPPORT_LITERAL_KIT_H
#define TESTS_SUPPORT_LITERAL_KIT_H

#include "wire/literal/literal.h"

/* Knows "~ID" for every id, both ways, and "jobs/eu:a" as 7 (printed as "~7"). */
extern const struct literal_names literal_kit_names;

/* Prints a value in every form. NULL, or which promise was broken: text that does not read back to
 * the same bytes, raw controls, JSON or YAML that a strict reader refuses. */
const char *literal_kit_broken(struct bytes value);

#endif
