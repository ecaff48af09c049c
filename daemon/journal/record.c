/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodes and checks records. The checksum is CRC-32C (RFC 3720, B.4). */
#include "daemon/journal/record.h"

#include <isa-l/crc.h>
#include <string.h>

enum {
    MAGIC = 0x4a72676d, /* "mgrJ" */
    AT_MAGIC = 0,
    AT_CHECKSUM = 4,
    AT_LEN = 8,
    AT_KIND = 12,
    AT_SEGMENT = 16,
    AT_SEQUENCE = 24,
    AT_SYNCED = 32,
    AT_FIRST = 40,
    AT_LAST = 48,
    AT_PREVIOUS = 56,
};

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static void put64(uint8_t *to, uint64_t value)
{
    put32(to, (uint32_t)value);
    put32(to + 4, (uint32_t)(value >> 32));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

size_t record_size(size_t payload)
{
    return (RECORD_HEADER + payload + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

/* The checksum of everything after its own field, padding included. */
static uint32_t checksum(const uint8_t *record, size_t size)
{
    return ~crc32_iscsi((unsigned char *)(uintptr_t)(record + AT_LEN), (int)(size - AT_LEN), ~0u);
}

void record_seal(struct record *record, uint8_t *to)
{
    size_t len = record->payload.len, size = record_size(len);
    memset(to, 0, RECORD_HEADER);
    memset(to + RECORD_HEADER + len, 0, size - RECORD_HEADER - len);
    put32(to + AT_MAGIC, MAGIC);
    put32(to + AT_LEN, (uint32_t)len);
    put32(to + AT_KIND, record->kind);
    put64(to + AT_SEGMENT, record->segment);
    put64(to + AT_SEQUENCE, record->sequence);
    put64(to + AT_SYNCED, record->synced);
    put64(to + AT_FIRST, record->first);
    put64(to + AT_LAST, record->last);
    put32(to + AT_PREVIOUS, record->previous);
    record->checksum = checksum(to, size);
    put32(to + AT_CHECKSUM, record->checksum);
}

bool record_read(struct bytes run, struct record *record)
{
    const uint8_t *at = run.data;
    if (run.len < RECORD_HEADER || get32(at + AT_MAGIC) != MAGIC)
        return false;
    size_t len = get32(at + AT_LEN), size = record_size(len);
    if (size > run.len || size > INT32_MAX || get32(at + AT_CHECKSUM) != checksum(at, size))
        return false;
    *record = (struct record){
        .kind = (enum record_kind)get32(at + AT_KIND),
        .segment = get64(at + AT_SEGMENT),
        .sequence = get64(at + AT_SEQUENCE),
        .synced = get64(at + AT_SYNCED),
        .first = get64(at + AT_FIRST),
        .last = get64(at + AT_LAST),
        .previous = get32(at + AT_PREVIOUS),
        .checksum = get32(at + AT_CHECKSUM),
        .payload = bytes_of(at + RECORD_HEADER, len),
    };
    return true;
}
