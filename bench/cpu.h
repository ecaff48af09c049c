/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time of another process. */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

/* Seconds of CPU that all threads of the process have used; < 0: there is none. */
double cpu_seconds(int pid);

#endif
