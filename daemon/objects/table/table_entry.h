/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry of a table: one block with its number, its key and its value. */
#ifndef OBJECTS_TABLE_ENTRY_H
#define OBJECTS_TABLE_ENTRY_H

#include "daemon/engine/mem.h"
#include "wire/value/value.h"

/* Encodings delimit themselves, so no length is stored. */
struct entry {
    uint32_t head;  /* sequence number; ENTRY_HAS_REFS */
    uint8_t data[]; /* the key, then the value in tables that have values */
};

#define ENTRY_HAS_REFS 0x80000000u /* the key or the value has refs */
#define ENTRY_SEQ_MAX  0x7fffffffu

static inline uint32_t entry_seq(const struct entry *entry)
{
    return entry->head & ENTRY_SEQ_MAX;
}

static inline bool entry_has_refs(const struct entry *entry)
{
    return (entry->head & ENTRY_HAS_REFS) != 0;
}

static inline struct bytes entry_key(const struct entry *entry)
{
    return bytes_of(entry->data, val_size_at(entry->data));
}

/* The value; empty if the table has no values. */
static inline struct bytes entry_value(const struct entry *entry, bool has_values)
{
    const uint8_t *value = entry->data + val_size_at(entry->data);
    return has_values ? bytes_of(value, val_size_at(value)) : bytes_of(NULL, 0);
}

/* The block size for that much content: rounded up to the allocator's next size, so that another
 * value of about the same length fits in place. */
static inline size_t entry_room(size_t content)
{
    enum { HEAD = sizeof(struct entry), OVERHEAD = 8, STEP = 16 };
    return (HEAD + content + OVERHEAD + STEP - 1) / STEP * STEP - OVERHEAD;
}

static inline size_t entry_size(const struct entry *entry, bool has_values)
{
    return entry_room(entry_key(entry).len + entry_value(entry, has_values).len);
}

struct entry *entry_new(struct mem *mem, struct bytes key, struct bytes value)
    __attribute__((warn_unused_result));
void entry_free(struct mem *mem, struct entry *entry, bool has_values);

#endif
