/* SPDX-License-Identifier: BSD-2-Clause */
/* What both protocols have in common in their forms. */
#include "bench/form.h"

/* Above INLINE_MAX bytes a second piece for the kernel costs less than a copy. */
enum { DIGITS = 12, INLINE_MAX = 4096 };

#define NUMBER "000000000000"

void form_init(struct form *form, const struct form_recipe *recipe)
{
    *form = (struct form){.step = recipe->step,
                          .value_size = recipe->value_size,
                          .carries_value = step_carries_value(recipe->step)};
    buf_init(&form->text);
}

void form_free(struct form *form)
{
    buf_free(&form->text);
}

/* The number is the last of its kind: a value holds no digits, and what is before it is not ours.
 */
static void find_number(struct form *form)
{
    size_t at = form->text.len;
    while (at-- >= DIGITS && !form->numbered)
        form->numbered = memcmp(form->text.data + at + 1 - DIGITS, NUMBER, DIGITS) == 0;
    form->number_at = form->numbered ? at + 2 - DIGITS : 0;
}

void form_finish(struct form *form, const struct form_recipe *recipe)
{
    const char *args = recipe->step->args;
    if (!form->text.failed && (recipe->own || strchr(args, 'k') != NULL))
        find_number(form);
    form->inline_len = form->text.len;
    if (strchr(args, 'v') != NULL && form->value_size > INLINE_MAX)
        form->inline_len -= form->value_size; /* what follows the value is short */
}

void form_put_name(struct buf *out, const struct form_recipe *recipe)
{
    buf_put_text(out, recipe->prefix);
    if (strcmp(recipe->type, "dict") != 0)
        buf_printf(out, "/%s", recipe->type);
    if (recipe->own)
        buf_put_text(out, "/" NUMBER);
}

void form_put_key(struct buf *out)
{
    buf_put_text(out, "key:" NUMBER);
}

void form_put_value(struct buf *out, uint32_t size)
{
    uint8_t *at = buf_reserve(out, size);
    if (at == NULL)
        return;
    memset(at, 'x', size);
    out->len += size;
}

/* "%012u" without printf. */
static void write_number(uint8_t *at, uint64_t number)
{
    for (int i = DIGITS - 1; i >= 0 && number > 0; i--, number /= 10)
        at[i] = (uint8_t)('0' + number % 10);
}

void form_put(struct buf *out, const struct form *form, uint64_t number)
{
    uint8_t *at = buf_reserve(out, form->inline_len);
    if (at == NULL)
        return;
    memcpy(at, form->text.data, form->inline_len);
    if (form->numbered)
        write_number(at + form->number_at, number);
    out->len += form->inline_len;
}
