/* SPDX-License-Identifier: BSD-2-Clause */
/* RLIMIT_NOFILE. */
#include "bench/descriptors.h"

#include <sys/resource.h>

/* Standard files, the epoll set, signals, /proc, and what libraries may open. */
enum { SPARE = 32 };

enum ending descriptors_raise(uint64_t connections, struct buf *why)
{
    struct rlimit limit;
    uint64_t need = connections + SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return ENDING_DONE; /* connecting will tell */
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= need)
        return ENDING_DONE;
    buf_printf(why,
               "%llu connections need %llu file descriptors, and %llu are allowed (ulimit -Hn)",
               (unsigned long long)connections, (unsigned long long)need,
               (unsigned long long)limit.rlim_max);
    return ENDING_NO_ROOM;
}
