/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the n-th allocation fail. */
#include "tests/support/alloc.h"

/* Names that the linker gives. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static _Thread_local size_t fail_at; /* 0: never */
static _Thread_local size_t count;

void alloc_fail_at(size_t n)
{
    count = 0;
    fail_at = n;
}

void alloc_fail_never(void)
{
    fail_at = 0;
}

size_t alloc_count(void)
{
    return count;
}

static int fails(void)
{
    return ++count == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t items, size_t size)
{
    return fails() ? NULL : __real_calloc(items, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}
