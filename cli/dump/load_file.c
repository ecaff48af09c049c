/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines, and where they are. */
#include "cli/dump/load_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/base/report.h"

static int fail(struct load_file *file, int error)
{
    if (error == EINTR)
        return report(file->cli, MGR_INTERRUPTED, "interrupted while reading %s", file->path);
    return report(file->cli, MGR_LOCAL_IO, "%s: %s", file->path, input_error(error));
}

/* Whether it can be read again; else a copy is begun. */
static int keep(struct load_file *file)
{
    struct stat info;
    off_t begin = lseek(file->reader.fd, 0, SEEK_CUR);
    if (fstat(file->reader.fd, &info) == 0 && S_ISREG(info.st_mode) && begin >= 0) {
        file->at.offset = (uint64_t)begin;
        return 0;
    }
    file->kept = tmpfile();
    return file->kept != NULL ? 0
                              : report(file->cli, MGR_LOCAL_IO, "no temporary file for %s: %s",
                                       file->path, strerror(errno));
}

int load_file_open(struct load_file *file, struct cli *cli, const char *path)
{
    bool standard = path == NULL || strcmp(path, "-") == 0;
    *file = (struct load_file){.cli = cli, .path = standard ? "standard input" : path};
    line_reader_init(&file->reader, STDIN_FILENO);
    if (standard) {
        int code = input_take(cli);
        return code != 0 ? code : keep(file);
    }
    file->reader.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file->reader.fd < 0)
        return fail(file, errno);
    file->own = true;
    return keep(file);
}

void load_file_close(struct load_file *file)
{
    line_reader_free(&file->reader);
    if (file->kept != NULL)
        fclose(file->kept);
    if (file->own)
        close(file->reader.fd);
}

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (strchr(" \t\r", line.data[i]) == NULL || line.data[i] == '\0')
            return false;
    return true;
}

static bool copy_line(struct load_file *file, struct bytes line)
{
    return file->kept == NULL ||
           ((line.len == 0 || fwrite(line.data, 1, line.len, file->kept) == line.len) &&
            fputc('\n', file->kept) != EOF);
}

bool load_file_next(struct load_file *file, struct bytes *line, int *code)
{
    *code = 0;
    do {
        if (file->at.line > 0)
            file->at.offset += file->at.len + 1;
        if (!line_reader_next(&file->reader, line)) {
            int error = file->reader.error;
            if (error == 0 && file->kept != NULL && fflush(file->kept) != 0)
                error = errno;
            *code = error == 0 ? 0 : fail(file, error);
            return false;
        }
        file->at.line++;
        if (file->at.line == 1 && input_is_marked(*line)) {
            *code = report(file->cli, MGR_VALUE, "%s " INPUT_MARKED, file->path);
            return false;
        }
        file->at.len = line->len;
        if (!copy_line(file, *line)) {
            *code = report(file->cli, MGR_LOCAL_IO, "the temporary copy of %s: %s", file->path,
                           strerror(errno));
            return false;
        }
    } while (is_blank(*line));
    return true;
}

int load_file_again(struct load_file *file, const struct load_at *at, struct buf *out)
{
    int fd = file->kept != NULL ? fileno(file->kept) : file->reader.fd;
    size_t done = 0;
    buf_reset(out, SIZE_MAX);
    uint8_t *to = buf_reserve(out, at->len);
    if (to == NULL)
        return report(file->cli, MGR_NOMEM, "out of memory");
    while (done < at->len) {
        ssize_t n = pread(fd, to + done, at->len - done, (off_t)(at->offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(file, errno);
        if (n == 0)
            return report(file->cli, MGR_LOCAL_IO, "%s became shorter while it was read",
                          file->path);
        done += (size_t)n;
    }
    out->len = done;
    return 0;
}
