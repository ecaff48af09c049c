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
    if (EVP_DigestUpdate(hasher->hash, hasher->gathered, hasher->used) != 1)
        hasher->failed = true;
    hasher->used = 0;
}

static void hasher_put(void *arg, const void *data, size_t len)
{
    struct hasher *hasher = arg;
    if (len > sizeof hasher->gathered - hasher->used)
        hasher_flush(hasher);
    if (len > sizeof hasher->gathered) {
        if (EVP_DigestUpdate(hasher->hash, data, len) != 1)
            hasher->failed = true;
        return;
    }
    memcpy(hasher->gathered + hasher->used, data, len);
    hasher->used += len;
}

bool engine_digest(const struct engine *engine, uint8_t digest[32])
{
    struct hasher hasher = {.hash = EVP_MD_CTX_new()};
    struct writer out = {.put = hasher_put, .arg = &hasher};
    unsigned len = 0;
    if (hasher.hash == NULL || EVP_DigestInit_ex(hasher.hash, EVP_sha256(), NULL) != 1) {
        hasher.failed = true;
    } else {
        engine_save(engine, &out);
        hasher_flush(&hasher);
    }
    if (hasher.failed || EVP_DigestFinal_ex(hasher.hash, digest, &len) != 1 || len != 32) {
        hasher.failed = true;
        memset(digest, 0, 32);
    }
    EVP_MD_CTX_free(hasher.hash);
    return !hasher.failed;
}
