/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process gets from whoever starts it, brought into the order that all programs rely on. */
#ifndef WIRE_INHERITED_H
#define WIRE_INHERITED_H

/* First thing in main. A standard file that was closed becomes one that fails when it is used: else
 * the next file or socket that is opened would take its number, and get what is printed. Writing
 * to a closed pipe, or beyond the largest size of a file, is an error (EPIPE, EFBIG), not the end
 * of the process. */
void inherited_prepare(void);
/* In a child, before another program is executed: it gets those signals as it expects them. */
void inherited_restore(void);

#endif
