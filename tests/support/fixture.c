/* SPDX-License-Identifier: BSD-2-Clause */
/* A line for each 32 bytes that are not all zeros: offset, digits. */
#include "tests/support/fixture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/hex.h"
#include "tests/support/must.h"

enum { LINE = 32, TEXT = 200, NAMES = 16 };

/* ---- writing ---- */

static void put_hex(FILE *file, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(file, "%02x", bytes[i]);
    fputc('\n', file);
}

static void put_file(FILE *file, int dir, const char *name)
{
    struct buf content;
    kit_read(dir, name, &content);
    fprintf(file, "file %s %zu\n", name, content.len);
    for (size_t at = 0; at < content.len; at += LINE) {
        struct bytes line =
            bytes_of(content.data + at, content.len - at < LINE ? content.len - at : LINE);
        if (!bytes_all_zeros(line)) {
            fprintf(file, "%zx ", at);
            put_hex(file, line.data, line.len);
        }
    }
    buf_free(&content);
}

void fixture_write(const char *path, int dir, const struct fixture *fixture)
{
    char names[NAMES][40];
    unsigned count = kit_names(dir, names, NAMES);
    FILE *file = fopen(path, "w");
    must(file != NULL);
    fprintf(file, "revision %" PRIu64 "\nclean %d\ndigest ", fixture->revision, fixture->clean);
    put_hex(file, fixture->digest, sizeof fixture->digest);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], BALLAST_NAME) != 0)
            put_file(file, dir, names[i]);
    must(fclose(file) == 0);
}

/* ---- reading ---- */

static void get_hex(const char *text, uint8_t *to, size_t most)
{
    size_t len;
    uint8_t *bytes = hex_read(text, &len);
    must(bytes != NULL && len <= most);
    memcpy(to, bytes, len);
    free(bytes);
}

/* What stands behind the word that the line begins with; NULL: it begins with another one. */
static const char *behind(const char *line, const char *word)
{
    size_t len = strlen(word);
    return strncmp(line, word, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static int make_file(int dir, const char *text)
{
    const char *space = strchr(text, ' ');
    char name[40];
    must(space != NULL && (size_t)(space - text) < sizeof name);
    snprintf(name, sizeof name, "%.*s", (int)(space - text), text);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0 && ftruncate(fd, (off_t)strtoull(space + 1, NULL, 10)) == 0);
    return fd;
}

static void put_line(int fd, const char *line)
{
    uint8_t bytes[LINE];
    char *digits;
    off_t at = (off_t)strtoull(line, &digits, 16);
    size_t len = strlen(digits + 1) / 2;
    must(fd >= 0 && *digits == ' ');
    get_hex(digits + 1, bytes, sizeof bytes);
    must(pwrite(fd, bytes, len, at) == (ssize_t)len);
}

void fixture_read(const char *path, int dir, struct fixture *fixture)
{
    char line[TEXT];
    const char *rest;
    int fd = -1;
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is not there: unit tests run in the directory of the source",
                  path);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if ((rest = behind(line, "revision")) != NULL) {
            fixture->revision = strtoull(rest, NULL, 10);
        } else if ((rest = behind(line, "clean")) != NULL) {
            fixture->clean = *rest == '1';
        } else if ((rest = behind(line, "digest")) != NULL) {
            get_hex(rest, fixture->digest, sizeof fixture->digest);
        } else if ((rest = behind(line, "file")) != NULL) {
            if (fd >= 0)
                close(fd);
            fd = make_file(dir, rest);
        } else {
            put_line(fd, line);
        }
    }
    if (fd >= 0)
        close(fd);
    fclose(file);
}
