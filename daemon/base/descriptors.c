/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit of file descriptors: raised once, shared by clients and the daemon itself. */
#include "daemon/base/descriptors.h"

#include <sys/resource.h>

uint64_t descriptors_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return UINT64_MAX;
    struct rlimit most = {limit.rlim_max, limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : limit.rlim_cur;
}

uint64_t descriptors_for_connections(uint64_t limit)
{
    return limit / 2 < DESCRIPTORS_KEPT ? limit / 2 : limit - DESCRIPTORS_KEPT;
}
