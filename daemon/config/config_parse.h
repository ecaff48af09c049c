/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets the members of struct config from YAML events, by the table. */
#ifndef DAEMON_CONFIG_PARSE_H
#define DAEMON_CONFIG_PARSE_H

#include "wire/base/bytes.h"

struct config;
struct config_error;

/* Sets the members that the text names and leaves the others alone. False: *error tells the
 * cause; members already set stay, to be freed with the rest. */
bool config_parse_text(struct bytes yaml, const char *file, struct config *config,
                       struct config_error *error) __attribute__((warn_unused_result));

#endif
