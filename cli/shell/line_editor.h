/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing a line at a terminal: history and completion, by libedit. */
#ifndef CLI_LINE_EDITOR_H
#define CLI_LINE_EDITOR_H

#include "cli/base/cli.h"

struct line_editor;

/* NULL: no memory, or no usable terminal. */
struct line_editor *line_editor_new(struct cli *cli);
/* The next line without its end, borrowed until the next call. False at the end of input. An
 * interrupt gives a line without data. more: the line goes on with what the last one began. */
bool line_editor_line(struct line_editor *edit, bool more, struct bytes *line);
/* Writes the history file. */
void line_editor_free(struct line_editor *edit);

#endif
