/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts how often it was run, on all machines together.
 *
 *     counter [KEY]
 *
 * `incr` is one step of the daemon: two that run at the same time get different numbers. */
#include <inttypes.h>
#include <stdio.h>

#include <mgr.h>

int main(int argc, char **argv)
{
    const struct mgr_object_create visits = {.name = "visits", .type = "dict", .if_absent = true};
    struct mgr *m;
    struct mgr_value *value = NULL;
    int64_t count = 0;
    enum mgr_status status = mgr_open(&m, NULL);
    if (status == MGR_OK)
        status = mgr_object_create(m, &visits, NULL);
    if (status == MGR_OK)
        status =
            mgr_dict_incr(m, "visits", mgr_str(argc > 1 ? argv[1] : "home"), MGR_ABSENT, &value);
    if (status == MGR_OK && mgr_as_int(mgr_view(value), &count))
        printf("%" PRId64 "\n", count);
    else
        fprintf(stderr, "counter: %s\n", mgr_error(m));
    mgr_value_free(value);
    mgr_close(m);
    return mgr_status_exit_code(status);
}
