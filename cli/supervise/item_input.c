/* SPDX-License-Identifier: BSD-2-Clause */
/* Values become bytes. */
#include "cli/supervise/item_input.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char mark[] = "{}";

void item_input_text(struct mgr_view item, struct buf *out)
{
    const char *text;
    const void *data;
    size_t len;
    if (mgr_as_str(item, &text, &len)) {
        buf_put(out, text, len);
    } else if (mgr_as_bytes(item, &data, &len)) {
        buf_put(out, data, len);
    } else {
        char *printed = mgr_print(item, MGR_JSON);
        if (printed == NULL)
            printed = mgr_print(item, MGR_TEXT);
        if (printed == NULL)
            out->failed = true;
        else
            buf_put_text(out, printed);
        free(printed);
    }
}

int item_input_file(struct bytes text)
{
    int fd = memfd_create("item", MFD_CLOEXEC);
    size_t at = 0;
    while (fd >= 0 && at < text.len) {
        ssize_t n = write(fd, text.data + at, text.len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        at += (size_t)n;
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static char *replace(const char *word, struct bytes text)
{
    struct buf out;
    buf_init(&out);
    for (const char *found; (found = strstr(word, mark)) != NULL; word = found + strlen(mark)) {
        buf_put(&out, word, (size_t)(found - word));
        buf_put_bytes(&out, text);
    }
    buf_put(&out, word, strlen(word) + 1);
    char *result = out.failed ? NULL : strdup((const char *)out.data);
    buf_free(&out);
    return result;
}

char **item_input_arguments(char *const *words, struct bytes text)
{
    size_t count = 0;
    bool marked = false;
    for (; words[count] != NULL; count++)
        marked = marked || strstr(words[count], mark) != NULL;
    errno = EINVAL;
    if (marked && text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return NULL;
    char **arguments = calloc(count + 1, sizeof *arguments);
    for (size_t i = 0; arguments != NULL && i < count; i++) {
        arguments[i] = replace(words[i], text);
        if (arguments[i] == NULL) {
            item_input_free(arguments);
            arguments = NULL;
        }
    }
    if (arguments == NULL)
        errno = ENOMEM;
    return arguments;
}

void item_input_free(char **arguments)
{
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++)
        free(arguments[i]);
    free(arguments);
}
