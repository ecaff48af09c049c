/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of workloads. */
#include "bench/workload.h"

#include <string.h>

#include "ops_numbers.h"

/* clang-format off */
#define GET  {OP_dict_get, "nk", REPLY_BYTES, "GET %k", "$"}
#define SET  {OP_dict_set, "nkv", REPLY_DONE, "SET %k %v", "+OK"}
#define PUSH "RPUSH %n %v", ":"
#define MAKE {OP_object_create, "nt-b", REPLY_FINE, NULL, NULL}
#define MAKE_NUMBER {OP_object_create, "nt0b", REPLY_FINE, NULL, NULL}

const struct step workload_delete = {OP_object_delete, "nb", REPLY_ANY, "DEL %n", ":"};

const struct workload workloads[] = {
    {"get", "dict get of a random key (RESP: GET)",
     {GET}, .type = "dict", .create = MAKE},
    {"set", "dict set of a random key (SET)",
     {SET}, .type = "dict", .create = MAKE},
    {"mix", "nine get to one set, at random",
     {GET, SET}, MIXING_NINE_TO_ONE, .type = "dict", .create = MAKE},
    {"fill", "dict set of every key once, in order (SET)",
     {SET}, .type = "dict", .create = MAKE, .each_key = true},
    {"list-append", "list append to one list (RPUSH)",
     {{OP_list_append, "nv", REPLY_DONE, PUSH}},
     .type = "list", .create = MAKE, .fresh = true},
    {"list-pop", "list pop of the last item of one list (RPOP)",
     {{OP_list_pop, "n", REPLY_BYTES, "RPOP %n", "$"}},
     .type = "list", .create = MAKE, .fresh = true, .filled_by = "list-append"},
    {"queue-put", "queue put to one queue (RPUSH)",
     {{OP_queue_put, "nv", REPLY_DONE, PUSH}},
     .type = "queue", .create = MAKE, .fresh = true},
    {"queue-get", "queue get from one queue (LPOP)",
     {{OP_queue_get, "n", REPLY_ITEM, "LPOP %n", "$"}},
     .type = "queue", .create = MAKE, .fresh = true, .filled_by = "queue-put"},
    {"lock", "lock acquire without waiting, then release; each connection has its own (SET NX PX, DEL)",
     {{OP_lock_acquire, "n", REPLY_GRANT, "SET %n 0123456789abcdef NX PX 30000", "+OK"},
      {OP_lock_release, "n", REPLY_DONE, "DEL %n", ":1"}},
     MIXING_IN_TURN, .type = "lock", .create = MAKE, .fresh = true, .own = true},
    {"value-add", "value add of 1 to one number (INCRBY)",
     {{OP_value_add, "n1", REPLY_NUMBER, "INCRBY %n 1", ":"}},
     .type = "value", .create = MAKE_NUMBER, .fresh = true},
    {.name = NULL},
};
/* clang-format on */

const struct workload *workload_find(const char *name)
{
    for (const struct workload *row = workloads; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

unsigned workload_steps(const struct workload *workload)
{
    return workload->mixing == MIXING_ONE ? 1 : 2;
}

bool step_carries_value(const struct step *step)
{
    return strchr(step->args, 'v') != NULL || step->reply == REPLY_BYTES ||
           step->reply == REPLY_ITEM;
}
