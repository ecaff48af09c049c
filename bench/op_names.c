/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the op table, one operation a line: the field of Request, its class. */
#include <stdio.h>

#include "wire/proto/ops.h"

static const char *class_name(enum op_class class)
{
    static const char *const names[] = {
        [CLASS_none] = "none",       [CLASS_read] = "read",   [CLASS_write] = "write",
        [CLASS_consume] = "consume", [CLASS_lock] = "lock",   [CLASS_create] = "create",
        [CLASS_delete] = "delete",   [CLASS_admin] = "admin", [CLASS_session] = "session",
    };
    return names[class];
}

int main(void)
{
    for (unsigned number = 0; number < OP_NUMBER_MAX; number++) {
        const struct op_row *row = op_row(number);
        if (row != NULL)
            printf("%s_%s %s\n", row->type, row->method, class_name(row->class));
    }
    return 0;
}
