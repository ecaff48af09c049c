/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a journal under test. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { NAMES = 64 };

int kit_dir_make(char path[KIT_PATH])
{
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, KIT_PATH, "%s/mgrd-unit-XXXXXX", place);
    must(mkdtemp(path) != NULL);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(dir >= 0);
    return dir;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

unsigned kit_names(int dir, char names[][40], unsigned most)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fdopendir(fd);
    struct dirent *entry;
    unsigned count = 0;
    must(stream != NULL);
    memset(names, 0, (size_t)most * 40);
    while ((entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.') {
            must(count < most && strlen(entry->d_name) < 40);
            strcpy(names[count++], entry->d_name);
        }
    closedir(stream);
    qsort(names, count, 40, by_name);
    return count;
}

void kit_dir_clear(int dir)
{
    char names[NAMES][40];
    unsigned count = kit_names(dir, names, NAMES);
    for (unsigned i = 0; i < count; i++)
        must(unlinkat(dir, names[i], 0) == 0);
}

void kit_dir_remove(const char *path, int dir)
{
    kit_dir_clear(dir);
    close(dir);
    must(rmdir(path) == 0);
}

void kit_read(int dir, const char *name, struct buf *out)
{
    struct stat stat;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    buf_init(out);
    ck_assert_msg(fd >= 0 && fstat(fd, &stat) == 0, "%s is not there", name);
    size_t len = (size_t)stat.st_size;
    uint8_t *at = buf_reserve(out, len + 1);
    must(at != NULL && read(fd, at, len) == (ssize_t)len);
    out->len = len;
    close(fd);
}

void kit_write(int dir, const char *name, struct bytes content)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0);
    must(write(fd, content.data, content.len) == (ssize_t)content.len);
    close(fd);
}

void kit_dir_copy(int from, int to)
{
    char names[NAMES][40];
    unsigned count = kit_names(from, names, NAMES);
    kit_dir_clear(to);
    for (unsigned i = 0; i < count; i++) {
        struct buf content;
        kit_read(from, names[i], &content);
        kit_write(to, names[i], buf_bytes(&content));
        buf_free(&content);
    }
}
