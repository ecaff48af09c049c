/* SPDX-License-Identifier: BSD-2-Clause */
/* Where objects are found: by name, by id, in order. */
#include "daemon/engine/registry.h"

#include <endian.h>

#include "daemon/engine/gc_barrier.h"
#include "wire/base/name.h"
#include "wire/base/siphash.h"

/* Byte order; a name comes before those that it begins. */
static int name_compare(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static struct bytes name_of(const struct object *object)
{
    return bytes_of(object->name, object->name_len);
}

static int object_compare(const struct object *a, const struct object *b)
{
    return name_compare(name_of(a), name_of(b));
}

/* Not all of what it generates is used. */
RB_GENERATE_INTERNAL(object_tree, object, by_name, object_compare, __attribute__((unused)) static)

/* ---- the index of names: the tree has them in order, this one finds them at once ---- */

/* A key for an idmap, which 0 and UINT64_MAX are not. */
static uint64_t name_hash(const struct engine *engine, struct bytes name)
{
    uint64_t hash = siphash_of(name, engine->options.hash_key);
    return hash + 1 > 1 ? hash : 1;
}

/* Where what was found last is remembered. The end of a name tells it from others soonest, and what
 * falls on the same place is found by the hash: nothing better is needed here. */
static struct object **recent_place(const struct engine *engine, struct bytes name)
{
    uint64_t word = name.len;
    if (name.len >= sizeof word) {
        memcpy(&word, name.data + name.len - sizeof word, sizeof word);
        word = be64toh(word); /* what counts up is last, and the product spreads that best */
    } else if (name.len > 0) {
        word += (uint64_t)name.data[name.len - 1] << 16 | (uint64_t)name.data[name.len / 2] << 8;
    }
    return &engine->recent->named[(word * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - RECENT_BITS)];
}

/* Two names of one hash are as good as impossible: the second one is found in the tree alone. */
static void index_name(struct engine *engine, struct object *object)
{
    uint64_t hash = name_hash(engine, name_of(object));
    if (idmap_get(&engine->names_by_hash, hash) != NULL) {
        idmap_unreserve(&engine->names_by_hash);
        engine->names_unindexed++;
    } else {
        idmap_put(&engine->names_by_hash, hash, object);
    }
}

static void unindex_name(struct engine *engine, const struct object *object)
{
    uint64_t hash = name_hash(engine, name_of(object));
    if (idmap_get(&engine->names_by_hash, hash) == object)
        (void)idmap_del(&engine->names_by_hash, hash);
    else
        engine->names_unindexed--;
    struct object **recent = recent_place(engine, name_of(object));
    if (*recent == object)
        *recent = NULL;
    if (engine->recent->object == object)
        engine->recent->object = NULL;
}

bool registry_reserve(struct engine *engine)
{
    if (!idmap_reserve(&engine->objects_by_id, &engine->mem))
        return false;
    if (idmap_reserve(&engine->names_by_hash, &engine->mem))
        return true;
    idmap_unreserve(&engine->objects_by_id);
    return false;
}

void registry_unreserve(struct engine *engine)
{
    idmap_unreserve(&engine->objects_by_id);
    idmap_unreserve(&engine->names_by_hash);
}

void registry_link(struct engine *engine, struct object *object)
{
    idmap_put(&engine->objects_by_id, object->id, object);
    object->prev = engine->objects_last;
    *(engine->objects_last != NULL ? &engine->objects_last->next : &engine->objects) = object;
    engine->objects_last = object;
    engine->object_count++;
    if (object->name == NULL) {
        engine->anonymous_count++;
        idmap_unreserve(&engine->names_by_hash);
    } else {
        RB_INSERT(object_tree, &engine->names, object);
        index_name(engine, object);
    }
}

void registry_forget(struct engine *engine, struct object *object)
{
    object->ending = true;
    engine->unlinked++;
    engine->ending_count++;
    engine->object_count--;
    if (object->name == NULL) {
        engine->anonymous_count--;
        return;
    }
    RB_REMOVE(object_tree, &engine->names, object);
    unindex_name(engine, object);
    mem_free(&engine->mem, object->name, object->name_len);
    object->name = NULL;
    object->name_len = 0;
}

void registry_unlink(struct engine *engine, struct object *object)
{
    if (!object->ending)
        registry_forget(engine, object);
    engine->ending_count--;
    idmap_del(&engine->objects_by_id, object->id);
    *(object->prev != NULL ? &object->prev->next : &engine->objects) = object->next;
    *(object->next != NULL ? &object->next->prev : &engine->objects_last) = object->prev;
}

struct object *object_by_id(const struct engine *engine, uint64_t id)
{
    struct object *object = idmap_get(&engine->objects_by_id, id);
    return object == NULL || object->ending || gc_condemned(engine, object) ? NULL : object;
}

/* The first one whose name is >= from. */
static struct object *name_lower_bound(const struct engine *engine, struct bytes from)
{
    struct object *found = NULL;
    struct object *at = RB_ROOT(&engine->names);
    while (at != NULL) {
        if (name_compare(name_of(at), from) < 0) {
            at = RB_RIGHT(at, by_name);
        } else {
            found = at;
            at = RB_LEFT(at, by_name);
        }
    }
    return found;
}

/* By its hash, and by the tree when another name has the same one. */
static struct object *search_name(const struct engine *engine, struct bytes name)
{
    struct object *object = idmap_get(&engine->names_by_hash, name_hash(engine, name));
    if (engine->names_unindexed > 0 && (object == NULL || !bytes_equal(name_of(object), name)))
        object = name_lower_bound(engine, name);
    return object != NULL && bytes_equal(name_of(object), name) ? object : NULL;
}

/* Another one than the last time. */
__attribute__((noinline)) static struct object *look_up(const struct engine *engine,
                                                        struct bytes name)
{
    struct object **recent = recent_place(engine, name);
    if (*recent == NULL || !bytes_equal(name_of(*recent), name)) {
        struct object *found = search_name(engine, name);
        if (found == NULL)
            return NULL;
        *recent = found;
    }
    engine->recent->object = *recent;
    return *recent;
}

struct object *registry_by_name(const struct engine *engine, struct bytes name)
{
    struct object *last = engine->recent->object;
    return last != NULL && bytes_equal(name_of(last), name) ? last : look_up(engine, name);
}

/* Decimal digits in the one form that is printed: no leading zero, no sign. False: they are not. */
static bool id_read(struct bytes digits, uint64_t *id)
{
    uint64_t value = 0;
    if (digits.len == 0 || digits.data[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)digits.data[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *id = value;
    return true;
}

/* "~TYPE-ID": the type must be the object's. */
__attribute__((noinline)) static struct object *by_tilde(const struct engine *engine,
                                                         struct bytes name)
{
    const uint8_t *type = name.data + 1;
    const uint8_t *dash = memchr(type, '-', name.len - 1);
    uint64_t id;
    if (dash == NULL ||
        !id_read(bytes_of(dash + 1, (size_t)(name.data + name.len - (dash + 1))), &id))
        return NULL;
    struct object *object = object_by_id(engine, id);
    if (object == NULL ||
        !bytes_equal(bytes_text(object_type_name(object)), bytes_of(type, (size_t)(dash - type))))
        return NULL;
    return object;
}

struct object *registry_find(const struct engine *engine, struct bytes name)
{
    if (name.len > 0 && name.data[0] == '~')
        return by_tilde(engine, name);
    return registry_by_name(engine, name);
}

/* Names what could be a name; anything else may not even be text. */
static void fail_absent(struct ctx *ctx, struct bytes name)
{
    bool tilde = name.len > 0 && name.data[0] == '~';
    (void)fail(ctx, ERR_NO_SUCH_OBJECT, "there is no such object");
    if (name_valid(tilde ? bytes_of(name.data + 1, name.len - 1) : name))
        ctx->result.object = name;
}

struct object *object_find(struct ctx *ctx, struct bytes name)
{
    struct object *object = registry_find(ctx->engine, name);
    if (object == NULL)
        fail_absent(ctx, name);
    return object;
}

const char *object_type_name(const struct object *object)
{
    const char *name = type_name(object->ops->type);
    return name == NULL ? "" : name;
}

void object_put_name(const struct object *object, struct buf *out)
{
    if (object->name != NULL)
        buf_put_bytes(out, name_of(object));
    else
        buf_printf(out, "~%s-%" PRIu64, object_type_name(object), object->id);
}

struct object *object_first_named(const struct ctx *ctx, struct bytes from)
{
    return name_lower_bound(ctx->engine, from);
}

struct object *object_next_named(const struct ctx *ctx, struct object *object)
{
    (void)ctx;
    return RB_NEXT(object_tree, &ctx->engine->names, object);
}

uint64_t engine_object_id(const struct engine *engine, struct bytes name)
{
    const struct object *object = registry_find(engine, name);
    return object == NULL ? 0 : object->id;
}

bool engine_object_name(const struct engine *engine, uint64_t id, struct buf *out)
{
    const struct object *object = object_by_id(engine, id);
    if (object == NULL)
        return false;
    object_put_name(object, out);
    return true;
}
