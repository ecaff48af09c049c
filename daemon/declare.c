/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes create requests from the configuration, by the argument rows of object create. */
#include "daemon/declare.h"

#include "daemon/objects/handlers.h"
#include "wire.pb-c.h"

static ProtobufCBinaryData data_of(struct bytes bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.data};
}

static void put_param(Wire__ObjectCreate *create, const struct config_param *param)
{
    char *at = (char *)create;
    const struct arg_row *row = param->row;
    ProtobufCBinaryData data = data_of(param->data);
    uint32_t narrow = (uint32_t)param->number;
    protobuf_c_boolean truth = param->number != 0, given = 1;
    memcpy(at + row->has, &given, sizeof given);
    switch (row->kind) {
    case ARG_VALUE:
    case ARG_STRING:
    case ARG_BYTES:
        memcpy(at + row->offset, &data, sizeof data);
        break;
    case ARG_BOOL:
        memcpy(at + row->offset, &truth, sizeof truth);
        break;
    case ARG_UINT:
    case ARG_INT:
        if (row->size == sizeof narrow)
            memcpy(at + row->offset, &narrow, sizeof narrow);
        else
            memcpy(at + row->offset, &param->number, sizeof param->number);
        break;
    }
}

static enum mgr_code declare(struct gate *gate, const struct config_object *object, struct buf *why)
{
    Wire__ObjectCreate create = WIRE__OBJECT_CREATE__INIT;
    create.has_name = create.has_type = 1;
    create.name = data_of(object->name);
    create.type = data_of(bytes_text(type_name(object->type)));
    create.has_init = object->init.len > 0;
    create.init = data_of(object->init);
    for (size_t i = 0; i < object->param_count; i++)
        put_param(&create, &object->params[i]);
    if (why->len > 0)
        buf_put_text(why, "; ");
    size_t before = why->len;
    buf_printf(why, "objects: %.*s (line %u): ", (int)object->name.len,
               (const char *)object->name.data, object->line);
    enum mgr_code code = gate_declare(gate, &create, why);
    if (code == ERR_NONE)
        why->len = before < 2 ? 0 : before - 2;
    return code;
}

bool declare_objects(struct gate *gate, const struct config_objects *objects, struct buf *why)
{
    bool ok = true;
    for (size_t i = 0; i < objects->count; i++) {
        enum mgr_code code = declare(gate, &objects->items[i], why);
        ok = ok && (code == ERR_NONE || code == ERR_EXISTS);
    }
    return ok;
}

bool declare_rehearse(const struct limits *limits, struct log *log,
                      const struct config_objects *objects, struct buf *why)
{
    struct engine_options options = {.limits = *limits};
    struct engine *engine = engine_new(objects_handlers(), &options);
    struct liveness *liveness = engine == NULL ? NULL : liveness_new(options.hash_key);
    struct gate *gate = NULL;
    if (engine != NULL && liveness != NULL)
        gate = gate_new(&(struct gate_options){
            .engine = engine, .liveness = liveness, .log = log, .limits = *limits});
    if (gate == NULL)
        buf_put_text(why, "out of memory");
    bool ok = gate != NULL && declare_objects(gate, objects, why);
    gate_free(gate);
    if (liveness != NULL)
        liveness_free(liveness);
    if (engine != NULL)
        engine_free(engine);
    return ok;
}
