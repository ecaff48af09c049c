/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated messages by name, for headers that only pass them on: who looks inside includes
 * wire.pb-c.h, and is compiled anew when a line of proto/ changes. */
#ifndef WIRE_FWD_H
#define WIRE_FWD_H

typedef struct Wire__ObjectCreate Wire__ObjectCreate;
typedef struct Wire__Request Wire__Request;
typedef struct Wire__Response Wire__Response;

#endif
