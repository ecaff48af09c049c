/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists and tidies the directory of a journal. */
#include "daemon/journal/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/journal/snapshot.h"

typedef int each_fn(void *arg, const char *name);

/* Calls fn for each file; stops at a result other than 0. */
static int each_file(int dir, each_fn *fn, void *arg)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        error = -errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    struct dirent *entry = NULL;
    do {
        errno = 0; /* fn may have changed errno */
        entry = readdir(stream);
        error = entry != NULL ? fn(arg, entry->d_name) : -errno;
    } while (error == 0 && entry != NULL);
    closedir(stream);
    return error;
}

static int newest_snapshot(void *arg, const char *name)
{
    uint64_t number, *newest = arg;
    if (file_number(name, SNAPSHOT_NAME, &number) && number > *newest)
        *newest = number;
    return 0;
}

struct numbers {
    uint64_t from;
    struct buf list;
};

static int note_segment(void *arg, const char *name)
{
    struct numbers *numbers = arg;
    uint64_t number;
    if (file_number(name, SEGMENT_NAME, &number) && number >= numbers->from)
        buf_put(&numbers->list, &number, sizeof number);
    return numbers->list.failed ? -ENOMEM : 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void find_ends(const struct buf *list, struct directory *directory)
{
    uint64_t *numbers = (void *)list->data;
    size_t count = list->len / sizeof *numbers;
    if (count == 0)
        return;
    qsort(numbers, count, sizeof *numbers, by_number);
    directory->first = numbers[0];
    directory->last = numbers[count - 1];
    for (size_t i = 1; i < count && directory->missing == 0; i++)
        if (numbers[i] != numbers[i - 1] + 1)
            directory->missing = numbers[i - 1] + 1;
}

int directory_list(int dir, struct directory *directory)
{
    struct numbers numbers = {0};
    *directory = (struct directory){0};
    int error = each_file(dir, newest_snapshot, &directory->snapshot);
    numbers.from = directory->snapshot;
    buf_init(&numbers.list);
    if (error == 0)
        error = each_file(dir, note_segment, &numbers);
    if (error == 0)
        find_ends(&numbers.list, directory);
    buf_free(&numbers.list);
    return error;
}

struct tidy {
    struct io *io;
    int dir;
    uint64_t snapshot;
    bool gently;
};

/* True if the file is what its name says, or was never more than a start. A file that cannot be
 * read is left for a person to look at. */
static bool bears_its_name(int dir, const char *name, const char *prefix, uint64_t number)
{
    uint8_t begin[SNAPSHOT_HEADER];
    struct record record;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : pread(fd, begin, sizeof begin, 0);
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return false;
    struct bytes head = bytes_of(begin, (size_t)n);
    if (bytes_all_zeros(head))
        return true;
    if (strcmp(prefix, SNAPSHOT_NAME) == 0)
        return snapshot_number(head) == number;
    return record_read(head, &record) && record.segment == number;
}

static bool useless(int dir, const char *name, uint64_t snapshot)
{
    static const char unfinished[] = ".new";
    uint64_t number;
    size_t len = strlen(name), end = sizeof unfinished - 1;
    if (file_number(name, SNAPSHOT_NAME, &number))
        return number < snapshot && bears_its_name(dir, name, SNAPSHOT_NAME, number);
    if (file_number(name, SEGMENT_NAME, &number))
        return number < snapshot && bears_its_name(dir, name, SEGMENT_NAME, number);
    return len > end && strcmp(name + len - end, unfinished) == 0;
}

static int tidy_file(void *arg, const char *name)
{
    const struct tidy *tidy = arg;
    if (!useless(tidy->dir, name, tidy->snapshot))
        return 0;
    if (tidy->gently)
        io_shrink(tidy->dir, name);
    return io_unlink(tidy->io, tidy->dir, name);
}

int directory_tidy(struct io *io, int dir, uint64_t snapshot, bool gently)
{
    struct tidy tidy = {io, dir, snapshot, gently};
    /* sync first: the process that renamed the snapshot may have been killed before its name was
     * on the disk, and the snapshot is what makes the other files useless */
    int error = io_sync_dir(io, dir);
    return error != 0 ? error : each_file(dir, tidy_file, &tidy);
}
