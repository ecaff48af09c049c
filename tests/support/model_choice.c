/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a test takes its choices from. */
#include "tests/support/model_choice.h"

#include "tests/support/randval.h"

uint64_t choose(struct choice *c, uint64_t bound)
{
    if (c->seed != NULL)
        return randval_below(c->seed, bound);
    uint64_t number = 0;
    for (uint64_t room = 1; room < bound && c->at < c->end; room <<= 8)
        number = number << 8 | *c->at++;
    return number % bound;
}

bool choose_rarely(struct choice *c, uint64_t n)
{
    return choose(c, n) == n - 1;
}

bool choice_over(const struct choice *c)
{
    return c->seed == NULL && c->at == c->end;
}
