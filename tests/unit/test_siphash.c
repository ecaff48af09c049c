/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of wire/base/siphash.c, against OpenSSL's. */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "wire/base/siphash.h"

Suite *suite_siphash(void);

enum { LENGTH_MAX = 70 };

static void fill(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 37 + 11);
}

static uint64_t by_openssl(const uint8_t *key, const uint8_t *data, size_t len)
{
    size_t size = 8;
    unsigned c_rounds = 1, d_rounds = 3;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t("size", &size),
                           OSSL_PARAM_construct_uint("c-rounds", &c_rounds),
                           OSSL_PARAM_construct_uint("d-rounds", &d_rounds),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    uint8_t out[8];
    size_t out_len;
    ck_assert_int_eq(EVP_MAC_init(context, key, SIPHASH_KEY_LEN, params), 1);
    ck_assert_int_eq(EVP_MAC_update(context, data, len), 1);
    ck_assert_int_eq(EVP_MAC_final(context, out, &out_len, sizeof out), 1);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    uint64_t hash = 0;
    for (int i = 7; i >= 0; i--)
        hash = hash << 8 | out[i];
    return hash;
}

START_TEST(test_agrees_with_openssl)
{
    uint8_t key[SIPHASH_KEY_LEN], data[LENGTH_MAX];
    fill(key, sizeof key);
    fill(data, sizeof data);
    for (size_t len = 0; len <= LENGTH_MAX; len++) {
        struct siphash s;
        siphash_init(&s, key);
        siphash_put(&s, bytes_of(data, len));
        ck_assert(siphash_end(&s) == by_openssl(key, data, len));
        ck_assert(siphash_of(bytes_of(data, len), key) == by_openssl(key, data, len));
    }
}
END_TEST

START_TEST(test_cuts_make_no_difference)
{
    uint8_t key[SIPHASH_KEY_LEN], data[LENGTH_MAX];
    fill(key, sizeof key);
    fill(data, sizeof data);
    struct siphash whole;
    siphash_init(&whole, key);
    siphash_put(&whole, bytes_of(data, LENGTH_MAX));
    uint64_t hash = siphash_end(&whole);
    for (size_t first = 0; first <= LENGTH_MAX; first++) {
        for (size_t second = first; second <= LENGTH_MAX; second++) {
            struct siphash s;
            siphash_init(&s, key);
            siphash_put(&s, bytes_of(data, first));
            siphash_put(&s, bytes_of(data + first, second - first));
            siphash_put(&s, bytes_of(data + second, LENGTH_MAX - second));
            ck_assert(siphash_end(&s) == hash);
        }
    }
}
END_TEST

Suite *suite_siphash(void)
{
    Suite *suite = suite_create("siphash");
    TCase *tests = tcase_create("siphash");
    tcase_add_test(tests, test_agrees_with_openssl);
    tcase_add_test(tests, test_cuts_make_no_difference);
    suite_add_tcase(suite, tests);
    return suite;
}
