/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocates the blocks of entries. */
#include "daemon/objects/table/table_entry.h"

struct entry *entry_new(struct mem *mem, struct bytes key, struct bytes value)
{
    struct entry *entry = mem_alloc(mem, entry_room(key.len + value.len));
    if (entry == NULL)
        return NULL;
    entry->head = 0;
    memcpy(entry->data, key.data, key.len);
    if (value.len > 0)
        memcpy(entry->data + key.len, value.data, value.len);
    return entry;
}

void entry_free(struct mem *mem, struct entry *entry, bool has_values)
{
    if (entry != NULL)
        mem_free(mem, entry, entry_size(entry, has_values));
}
