/* SPDX-License-Identifier: BSD-2-Clause */
/* What a power failure can leave. */
#include <stdlib.h>

#include "tests/support/journal_kit.h"
#include "tests/support/must.h"
#include "tests/support/tape.h"

void disk_init(struct disk *disk)
{
    memset(disk, 0, sizeof *disk);
}

void disk_free(struct disk *disk)
{
    for (unsigned i = 0; i < disk->file_count; i++)
        buf_free(&disk->files[i].content);
}

/* ---- names ---- */

static struct disk_name *find(struct disk_names *names, const char *name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (strcmp(names->list[i].name, name) == 0)
            return &names->list[i];
    return NULL;
}

static void forget(struct disk_names *names, const char *name)
{
    struct disk_name *entry = find(names, name);
    if (entry != NULL)
        *entry = names->list[--names->count];
}

static void give(struct disk_names *names, const char *name, int file)
{
    forget(names, name);
    must(names->count < DISK_FILES);
    struct disk_name *entry = &names->list[names->count++];
    strcpy(entry->name, name);
    entry->file = file;
}

static void change_names(struct disk_names *names, const struct tape_event *event, int file)
{
    switch (event->op) {
    case IO_CREATE:
        give(names, event->name, file);
        break;
    case IO_RENAME:
        forget(names, event->name);
        give(names, event->to, file);
        break;
    case IO_UNLINK:
        forget(names, event->name);
        break;
    default:
        break;
    }
}

/* ---- contents ---- */

static void room(struct buf *content, size_t len)
{
    if (content->len >= len)
        return;
    size_t more = len - content->len;
    uint8_t *at = buf_reserve(content, more);
    must(at != NULL);
    memset(at, 0, more);
    content->len = len;
}

/* The part of a write between two borders of sectors, if it survived. */
static void write_sectors(struct buf *content, const struct tape_event *event, uint64_t fate)
{
    uint64_t at = event->offset, end = event->offset + event->len;
    for (unsigned i = 0; at < end; i++) {
        uint64_t border = (at / TAPE_SECTOR + 1) * TAPE_SECTOR;
        size_t len = (size_t)((border < end ? border : end) - at);
        if (fate == FATE_KEPT || (fate >> i % 64 & 1) != 0) {
            room(content, (size_t)at + len);
            memcpy(content->data + at, event->data + (at - event->offset), len);
        }
        at += len;
    }
}

static void change_content(struct buf *content, const struct tape_event *event, uint64_t fate)
{
    if (fate == FATE_LOST)
        return;
    if (event->op == IO_CREATE)
        content->len = 0;
    else if (event->op == IO_WRITE)
        write_sectors(content, event, fate);
}

/* ---- time ---- */

static bool of_names(const struct disk_pending *pending)
{
    return pending->event->op != IO_WRITE;
}

static void add_pending(struct disk *disk, const struct tape_event *event, int file)
{
    must(disk->pending_count < DISK_PENDING);
    disk->pending[disk->pending_count++] = (struct disk_pending){event, file};
}

/* What is pending of that file (-1: of the names) is there for sure from now on. */
static void settle(struct disk *disk, int file)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < disk->pending_count; i++) {
        const struct disk_pending *pending = &disk->pending[i];
        if (file < 0 ? !of_names(pending) : of_names(pending) || pending->file != file)
            disk->pending[kept++] = *pending;
        else if (file >= 0)
            change_content(&disk->files[file].content, pending->event, FATE_KEPT);
    }
    disk->pending_count = kept;
    if (file < 0)
        disk->durable = disk->now;
}

static void create(struct disk *disk, const struct tape_event *event)
{
    const struct disk_name *old = find(&disk->now, event->name);
    must(disk->file_count < DISK_FILES);
    if (old != NULL) /* it is emptied: as if by a new file in its place, or the old one stays */
        settle(disk, old->file);
    buf_init(&disk->files[disk->file_count].content);
    int file = (int)disk->file_count++;
    add_pending(disk, event, file);
    change_names(&disk->now, event, file);
}

void disk_step(struct disk *disk, const struct tape_event *event)
{
    struct disk_name *entry = find(&disk->now, event->name);
    switch (event->op) {
    case IO_CREATE:
        create(disk, event);
        return;
    case IO_SYNC_DIR:
        settle(disk, -1);
        return;
    default:
        break;
    }
    must(entry != NULL);
    int file = entry->file;
    if (event->op == IO_SYNC)
        settle(disk, file);
    else
        add_pending(disk, event, file);
    change_names(&disk->now, event, file);
}

/* ---- the picture ---- */

static uint64_t mix(uint64_t hash, struct bytes run)
{
    uint64_t word;
    size_t at = 0;
    for (; at + 8 <= run.len; at += 8) {
        memcpy(&word, run.data + at, 8);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    for (; at < run.len; at++)
        hash = (hash ^ run.data[at]) * UINT64_C(0x100000001B3);
    return (hash ^ run.len) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t file_image(const struct disk *disk, const struct disk_name *entry,
                           const uint64_t fates[DISK_PENDING], int dir)
{
    struct buf content;
    buf_init(&content);
    buf_put_bytes(&content, buf_bytes(&disk->files[entry->file].content));
    for (unsigned i = 0; i < disk->pending_count; i++)
        if (disk->pending[i].file == entry->file && !of_names(&disk->pending[i]))
            change_content(&content, disk->pending[i].event, fates[i]);
    must(!content.failed);
    if (dir >= 0)
        kit_write(dir, entry->name, buf_bytes(&content));
    uint64_t hash = mix(mix(7, bytes_text(entry->name)), buf_bytes(&content));
    buf_free(&content);
    return hash;
}

uint64_t disk_image(const struct disk *disk, const uint64_t fates[DISK_PENDING], int dir)
{
    struct disk_names names = disk->durable;
    uint64_t hash = 0;
    for (unsigned i = 0; i < disk->pending_count; i++)
        if (of_names(&disk->pending[i]) && fates[i] != FATE_LOST)
            change_names(&names, disk->pending[i].event, disk->pending[i].file);
    for (unsigned i = 0; i < names.count; i++)
        hash += file_image(disk, &names.list[i], fates, dir); /* in whatever order they stand */
    return hash;
}
