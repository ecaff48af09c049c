/* SPDX-License-Identifier: BSD-2-Clause */
/* Normalises what a process inherits from its parent: standard files and signals. */
#ifndef WIRE_INHERITED_H
#define WIRE_INHERITED_H

/* Call first in main. Opens a closed standard file so that using it fails: otherwise the next
 * file or socket to be opened would take its number and receive what is printed. Makes writing
 * to a closed pipe, or beyond the file size limit, an error (EPIPE, EFBIG) rather than the end
 * of the process. */
void inherited_prepare(void);
/* Call in a child before exec: restores the default signal actions, which other programs expect. */
void inherited_restore(void);

#endif
