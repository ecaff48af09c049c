/* SPDX-License-Identifier: BSD-2-Clause */
/* What another process, the server, takes of the machine. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

/* Seconds of CPU that all threads of the process have used; < 0: there is none. */
double process_cpu_s(int pid);
/* Bytes of memory that are in use; < 0: not known. */
double process_rss_bytes(int pid);
/* Returns when the process takes (nearly) no CPU any more, after a few seconds in any case: what an
 * earlier run left to be done shall not be measured with the next one. */
void process_settle(int pid);

#endif
