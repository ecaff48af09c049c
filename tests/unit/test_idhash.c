/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients see the ids of objects and can wait for those they like: an object for each id of a kind
 * that one multiplication brings to one place must cost what any others do. */
#include "daemon/engine/idhash.h"

#include <stdlib.h>

#include "daemon/engine/refs_index.h"
#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "wire.pb-c.h"

enum { OBJECTS = 20000, ROW_MAX = 300 };

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In a table of any size they go to one place, if all that is done is to multiply by that. */
static void chosen_ids(uint64_t *ids)
{
    uint64_t factor = UINT64_C(0x9E3779B97F4A7C15), inverse = factor;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - factor * inverse;
    for (uint64_t n = 1; n <= OBJECTS; n++)
        ids[n - 1] = (n << 32 | n) * inverse;
    qsort(ids, OBJECTS, sizeof ids[0], by_value);
}

static size_t row_of_map(const struct idmap_table *table)
{
    size_t longest = 0, row = 0;
    for (size_t i = 0; i < table->count; i++) {
        row = table->places[i].key == 0 ? 0 : row + 1;
        longest = row > longest ? row : longest;
    }
    return longest;
}

static size_t row_of_refs(const struct refs *refs)
{
    size_t longest = 0, row = 0;
    for (size_t i = 0; i < refs->now.count; i++) {
        row = refs->now.places[i] == 0 ? 0 : row + 1;
        longest = row > longest ? row : longest;
    }
    return longest;
}

START_TEST(objects_with_chosen_ids_are_found_at_once)
{
    static uint64_t ids[OBJECTS];
    struct world w;
    struct buf list_value;
    chosen_ids(ids);
    world_init(&w, objects_handlers());
    world_create(&w, "list", "l", NULL);
    buf_init(&list_value);
    size_t list = val_open(&list_value, VAL_LIST);
    for (size_t i = 0; i < OBJECTS; i++) {
        w.engine->revision = ids[i] - 1;
        must(world_create(&w, "value", NULL, "1")->result.kind != RESULT_ERROR);
        must(object_by_id(w.engine, ids[i]) != NULL);
        size_t item = val_open_item(&list_value);
        val_put_ref(&list_value, ids[i]);
        val_close(&list_value, item);
    }
    val_close(&list_value, list);
    must(!list_value.failed);
    ck_assert_uint_le(row_of_map(&w.engine->objects_by_id.now), ROW_MAX);
    Wire__ListExtend in = WIRE__LIST_EXTEND__INIT;
    in.has_name = true, in.name = world_text("l");
    in.has_items = true, in.items = world_bytes(buf_bytes(&list_value));
    must(world_do(&w, 0, &in.base)->result.kind != RESULT_ERROR);
    const struct refs *refs = w.engine->objects->refs;
    ck_assert_uint_eq(refs->count, OBJECTS);
    ck_assert_uint_le(row_of_refs(refs), ROW_MAX);
    buf_free(&list_value);
    world_free(&w);
}
END_TEST

START_TEST(keys_give_hashes_of_their_own)
{
    struct idhash a = idhash_make((const uint8_t *)"0123456789abcdef");
    struct idhash b = idhash_make((const uint8_t *)"0123456789abcdeg");
    size_t same = 0;
    for (uint64_t id = 1; id <= 1 << 16; id++)
        same += (idhash_of(&a, id) & 0xff) == (idhash_of(&b, id) & 0xff);
    ck_assert_uint_ne(a.mask, a.factor);
    ck_assert_uint_lt(same, 1 << 9); /* 256 are expected */
}
END_TEST

Suite *suite_idhash(void);

Suite *suite_idhash(void)
{
    Suite *suite = suite_create("idhash");
    TCase *tests = tcase_create("idhash");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, objects_with_chosen_ids_are_found_at_once);
    tcase_add_test(tests, keys_give_hashes_of_their_own);
    suite_add_tcase(suite, tests);
    return suite;
}
