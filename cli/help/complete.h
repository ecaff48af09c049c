/* SPDX-License-Identifier: BSD-2-Clause */
/* What may come next on a line: for shells' completion and for mgrctl's own. */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stddef.h>

#include "cli/base/cli.h"

/* What about is of a candidate "": the shell is to offer names of files, or of programs. */
#define COMPLETE_FILES    "files"
#define COMPLETE_PROGRAMS "programs"

/* One candidate; about may be "". */
typedef void complete_fn(void *arg, const char *candidate, const char *about);

/* Calls fn for each word that may stand where the last of words stands (as far as it is written).
 * Asks the daemon for names; when it is away, there are none. */
void complete_words(struct cli *cli, char **words, size_t count, complete_fn *fn, void *arg);

/* mgrctl __complete WORDS...: the words of a line up to the cursor. */
bool complete_asked(char **words, size_t count);
/* Prints the candidates, one per line: WORD, TAB, ABOUT; without a WORD "files" or "programs". */
int complete_run(struct cli *cli, char **words, size_t count);

#endif
