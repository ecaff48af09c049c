/* SPDX-License-Identifier: BSD-2-Clause */
/* The input chooses requests, resends, ends of sessions, time, collecting and failing memory: an
 * engine with the real types must do what simple models of it do, and nothing may be left in the
 * end. */
#include "tests/support/model_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACTS_MAX = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run; /* large, and all of it is set anew */
    run_init(&run, (struct choice){.at = data, .end = data + size});
    while (!choice_over(&run.choice) && run.acts < ACTS_MAX)
        run_act(&run);
    run_finish(&run);
    return 0;
}
