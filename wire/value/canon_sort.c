/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorts canonical entries by the digits of their hashes, then exactly. */
#include "wire/value/canon_sort.h"

enum { SORT_SMALL = 48, DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };

int canon_compare(struct bytes a, uint64_t hash_a, struct bytes b, uint64_t hash_b)
{
    if (hash_a != hash_b)
        return hash_a < hash_b ? -1 : 1;
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.data, b.data, a.len); /* no form is empty */
}

static bool less(const uint8_t *base, const struct canon_entry *a, const struct canon_entry *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash;
    return canon_compare(bytes_of(base + a->at, a->key_len), a->hash,
                         bytes_of(base + b->at, b->key_len), b->hash) < 0;
}

static void swap(struct canon_entry *a, struct canon_entry *b)
{
    struct canon_entry old = *a;
    *a = *b;
    *b = old;
}

static void insertion_sort(const uint8_t *base, struct canon_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct canon_entry moving = e[i];
        size_t at = i;
        for (; at > 0 && less(base, &moving, &e[at - 1]); at--)
            e[at] = e[at - 1];
        e[at] = moving;
    }
}

static void sift_down(const uint8_t *base, struct canon_entry *e, size_t at, size_t n)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && less(base, &e[child], &e[child + 1]))
            child++;
        if (!less(base, &e[at], &e[child]))
            return;
        swap(&e[at], &e[child]);
        at = child;
    }
}

static void heap_sort(const uint8_t *base, struct canon_entry *e, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sift_down(base, e, i - 1, n);
    for (size_t end = n - 1; end > 0; end--) {
        swap(&e[0], &e[end]);
        sift_down(base, e, 0, end);
    }
}

static size_t digit_of(const struct canon_entry *e, unsigned shift)
{
    return e->hash >> shift & (DIGITS - 1);
}

/* Moves each entry into the run of its digit; *ends: where the runs end. */
static void split(struct canon_entry *e, size_t n, unsigned shift, size_t ends[DIGITS])
{
    size_t next[DIGITS];
    memset(ends, 0, DIGITS * sizeof *ends);
    for (size_t i = 0; i < n; i++)
        ends[digit_of(&e[i], shift)]++;
    for (size_t digit = 0, at = 0; digit < DIGITS; digit++) {
        next[digit] = at;
        at += ends[digit];
        ends[digit] = at;
    }
    for (size_t digit = 0; digit < DIGITS; digit++) {
        while (next[digit] < ends[digit]) {
            struct canon_entry *entry = &e[next[digit]];
            size_t home = digit_of(entry, shift);
            if (home == digit)
                next[digit]++;
            else
                swap(entry, &e[next[home]++]);
        }
    }
}

/* Splits by one digit of the hash after another. Entries with equal hashes, which an attacker
 * could search for, end in the heap sort, so the worst case stays bounded. */
static void sort_by_digits(const uint8_t *base, struct canon_entry *e, size_t n, unsigned digits)
{
    if (n <= SORT_SMALL) {
        insertion_sort(base, e, n);
        return;
    }
    if (digits == 0) {
        heap_sort(base, e, n);
        return;
    }
    size_t ends[DIGITS];
    split(e, n, DIGIT_BITS * (digits - 1), ends);
    for (size_t digit = 0, start = 0; digit < DIGITS; start = ends[digit++])
        sort_by_digits(base, e + start, ends[digit] - start, digits - 1);
}

void canon_sort(const uint8_t *base, struct canon_entry *entries, size_t count)
{
    sort_by_digits(base, entries, count, 64 / DIGIT_BITS);
}
