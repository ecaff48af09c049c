/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole state in its order, hashed: what two engines that applied the same commands agree
 * about. Nothing here depends on memory, addresses or the hash key. */
#include <assert.h>
#include <openssl/evp.h>

#include "daemon/engine/state.h"

/* Gathers small writes, as each call into the hash costs more than the bytes. */
struct hasher {
    EVP_MD_CTX *hash;
    size_t used;
    bool failed;
    uint8_t gathered[4096];
};

static void hasher_flush(struct hasher *hasher)
{
    if (EVP_DigestUpdate(hasher->hash, hasher->gathered, hasher->used) != 1) {
        hasher->failed = true;
    }
    hasher->used = 0;
}

static void hasher_put(void *arg, const void *data, size_t len)
{
    struct hasher *hasher = arg;

    if (len > sizeof(hasher->gathered) - hasher->used) {
        hasher_flush(hasher);
    }
    if (len > sizeof(hasher->gathered)) {
        if (EVP_DigestUpdate(hasher->hash, data, len) != 1) {
            hasher->failed = true;
        }
        return;
    }
    memcpy(hasher->gathered + hasher->used, data, len);
    hasher->used += len;
}

static void object_save(const struct object *object, struct writer *out)
{
    writer_u64(out, object->id);
    writer_u64(out, object->ops->type);
    writer_u64(out, object->name != NULL);
    writer_bytes(out, bytes_of(object->name, object->name_len));
    writer_bytes(out, object->principal);
    writer_u64(out, object->changed_at);
    writer_u64(out, object->changed_ms);
    writer_u64(out, object->ttl_ms);
    writer_u64(out, object->ttl.slot == 0 ? UINT64_MAX : object->ttl.at_ms);
    writer_u64(out, object->ttl.slot == 0 ? 0 : object->ttl.order);
    writer_u64(out, object->ephemeral);
    writer_u64(out, object->referrers);
    holds_save(object, out);
    edges_save(object, out);
    waitq_save(&object->watchers, out);
    writer_u64(out, object->waiter_count);
    writer_u64(out, object->grant_count);
    for (const struct grant *grant = object->grants; grant != NULL; grant = grant->object_next) {
        writer_u64(out, grant->token);
    }
    if (object->ops->save != NULL) {
        object->ops->save(object, out);
    }
}

static void state_save(const struct engine *engine, struct writer *out)
{
    writer_u64(out, engine->revision);
    writer_u64(out, engine->now_ms);
    writer_u64(out, engine->incarnation);
    writer_u64(out, engine->version);
    writer_u64(out, engine->object_count);
    for (const struct object *at = engine->objects; at != NULL; at = at->next) {
        object_save(at, out);
    }
    writer_u64(out, engine->session_count);
    for (const struct session *at = engine->sessions; at != NULL; at = at->next) {
        session_save(at, out);
    }
    tokens_save(engine, out);
    writer_u64(out, engine->timers.count);
    writer_u64(out, engine->timers.orders);
    gc_save(engine, out);
}

void engine_digest(const struct engine *engine, uint8_t digest[32])
{
    struct hasher hasher = {.hash = EVP_MD_CTX_new()};
    struct writer out = {.put = hasher_put, .arg = &hasher};
    unsigned len = 0;

    if (hasher.hash == NULL || EVP_DigestInit_ex(hasher.hash, EVP_sha256(), NULL) != 1) {
        hasher.failed = true;
    } else {
        state_save(engine, &out);
        hasher_flush(&hasher);
    }
    if (hasher.failed || EVP_DigestFinal_ex(hasher.hash, digest, &len) != 1 || len != 32) {
        /* no memory: nothing is equal to this */
        memset(digest, 0, 32);
    }
    EVP_MD_CTX_free(hasher.hash);
}
