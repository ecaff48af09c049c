/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes the configuration: any bytes are taken or refused with a message, and what is taken is
 * sound. */
#include <stdlib.h>

#include "daemon/config/config.h"
#include "wire/base/name.h"
#include "wire/value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void ignore_change(void *arg, const char *key, enum config_change change)
{
    (void)arg, (void)key, (void)change;
    check(false); /* the same text twice: nothing differs */
}

static void check_object(const struct config_object *object)
{
    struct val_check value;
    check(name_valid(object->name));
    check(type_name(object->type) != NULL);
    check(object->init.len == 0 || val_check(object->init, VAL_DEPTH_STORED, &value) == VAL_OK);
}

static void check_message(const struct config_error *error)
{
    check(strncmp(error->text, "fuzz:", 5) == 0);
    for (const char *at = error->text; *at != '\0'; at++)
        check((unsigned char)*at >= 0x20 || *at == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config_env env = {.memory_bytes = UINT64_C(1) << 30};
    struct config config, again;
    struct config_error error;
    if (!config_parse(bytes_of(data, size), "fuzz", &env, &config, &error)) {
        check_message(&error);
        return 0;
    }
    for (size_t i = 0; i < config.objects.count; i++)
        check_object(&config.objects.items[i]);
    check(config.listen.count > 0);
    check(config_parse(bytes_of(data, size), "fuzz", &env, &again, &error));
    config_adopt(&config, &again, ignore_change, NULL);
    config_free(&config);
    config_free(&again);
    return 0;
}
