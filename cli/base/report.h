/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong, on standard error: one line "mgrctl: KeyError: ...", hints below it. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "client/mgr.h"
#include "wire/base/bytes.h"

struct cli;

/* "mgrctl: ValueError: TEXT" (without the exception for MGR_USAGE); its exit code. */
int report(struct cli *cli, enum mgr_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the last call of cli->m said. With -q nothing for answers that are no (exit codes 1, 75). */
int report_call(struct cli *cli, enum mgr_status status);
/* What to try when nobody answers at the address, which the error named. */
void report_where(struct cli *cli, enum mgr_status status);
/* report_call as report_about. */
int report_call_of(struct cli *cli, enum mgr_status status, const char *type, const char *name);
/* An error of an operation on an object: names the object where the text does not, and at the end
 * of a wait, or of a try, who has it, and since when. */
void report_about(struct cli *cli, enum mgr_status status, const char *error, const char *type,
                  const char *name);
/* Standard output failed: says why, unless the reader is gone. */
int report_output(struct cli *cli);
/* "mgrctl: hint: TEXT". */
void report_hint(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "mgrctl: TEXT": a remark, not an error. */
void report_note(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
