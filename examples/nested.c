/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects inside objects: a dict of lists, each of which can be changed on its own.
 *
 *     nested NAME
 *
 * A list that is stored as a value is a copy: to add to it means to read and write it whole, and of
 * two who do so at once one is lost. A reference names another object instead. That object needs no
 * name: it lives as long as somebody refers to it. */
#include <stdio.h>
#include <stdlib.h>

#include <mgr.h>

enum { NAME_MAX_LEN = 256 };

static void check(const struct mgr *m, enum mgr_status status, const char *what)
{
    if (status == MGR_OK)
        return;
    fprintf(stderr, "nested: %s: %s\n", what, mgr_error(m));
    exit(mgr_status_exit_code(status));
}

/* Puts a new, empty list without a name under a key of the dict, if there is none yet. */
static void add_list(struct mgr *m, const char *dict, const char *key)
{
    const struct mgr_object_create list = {.type = "list"};
    struct mgr_value *ref;
    bool added;
    check(m, mgr_object_create(m, &list, &ref), "create a list");
    check(m, mgr_dict_add(m, dict, mgr_str(key), mgr_of(ref), &added), "refer to it");
    mgr_value_free(ref); /* this value only: the list belongs to the dict now */
}

/* Follows the reference under the key: "~list-ID" is how an object is called that has no name. */
static void append(struct mgr *m, const char *dict, const char *key, const char *item)
{
    struct mgr_value *ref;
    uint64_t id = 0;
    char list[NAME_MAX_LEN];
    check(m, mgr_dict_get(m, dict, mgr_str(key), MGR_ABSENT, &ref), key);
    if (!mgr_as_ref(mgr_view(ref), &id)) {
        fprintf(stderr, "nested: '%s' holds no reference\n", key);
        exit(EXIT_FAILURE);
    }
    mgr_value_free(ref);
    snprintf(list, sizeof list, "~list-%llu", (unsigned long long)id);
    check(m, mgr_list_append(m, list, mgr_str(item)), list);
    struct mgr_value *content;
    check(m, mgr_list_copy(m, list, &content), list);
    char *text = mgr_print(mgr_view(content), MGR_PYTHON);
    printf("%s: %s\n", key, text == NULL ? "out of memory" : text);
    free(text);
    mgr_value_free(content);
}

int main(int argc, char **argv)
{
    struct mgr *m;
    if (argc != 2) {
        fputs("usage: nested NAME\n", stderr);
        return 64;
    }
    const struct mgr_object_create dict = {.name = argv[1], .type = "dict", .if_absent = true};
    enum mgr_status status = mgr_open(&m, NULL);
    check(m, status, "open");
    check(m, mgr_object_create(m, &dict, NULL), argv[1]);
    add_list(m, argv[1], "fruit");
    add_list(m, argv[1], "trees");
    append(m, argv[1], "fruit", "apple");
    append(m, argv[1], "fruit", "pear");
    append(m, argv[1], "trees", "oak");
    mgr_close(m);
    return EXIT_SUCCESS;
}
