/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that are written once and sent a million times: only an id and a number change. */
#ifndef BENCH_FORM_H
#define BENCH_FORM_H

#include "bench/workload.h"
#include "wire/base/buf.h"

/* What a form is made from. */
struct form_recipe {
    const struct step *step;
    const char *prefix; /* of the object's name */
    const char *type;
    bool own; /* the name ends in a number */
    uint32_t value_size;
};

struct form {
    const struct step *step;
    uint32_t value_size;
    struct buf text;    /* owned: the request, or what of it never changes */
    size_t inline_len;  /* of text, what is copied; a large value is sent from where it is */
    bool carries_value; /* the request or its reply */
    bool numbered;      /* at number_at in text are twelve digits to be replaced */
    size_t number_at;
};

/* A form begins empty; a protocol writes text with what follows, and ends with form_finish. */
void form_init(struct form *form, const struct form_recipe *recipe);
void form_free(struct form *form);
void form_finish(struct form *form, const struct form_recipe *recipe);

/* "bench" is a dict, all else has its type in its name, and perhaps the number: "bench/lock/0..."
 */
void form_put_name(struct buf *out, const struct form_recipe *recipe);
void form_put_key(struct buf *out);
void form_put_value(struct buf *out, uint32_t size);

/* Appends the first inline_len bytes of text, with number in its place. */
void form_put(struct buf *out, const struct form *form, uint64_t number);
/* What is sent behind them: nothing, or a large value. */
static inline struct bytes form_rest(const struct form *form)
{
    return bytes_of(form->text.data + form->inline_len, form->text.len - form->inline_len);
}

#endif
