/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading back what a power failure left. */
#include "tests/support/power.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/model_choice.h"
#include "tests/support/must.h"

enum { SEEN = 1 << 16 };

/* A picture that was looked at before, and what came of it. */
struct look {
    uint64_t image, revision;
    bool taken, good;
};

struct trial {
    struct power *power;
    struct disk *disk;
    size_t events;
    struct look *looks; /* SEEN of them */
    char path[KIT_PATH];
    int dir;
};

void power_init(struct power *power)
{
    *power = (struct power){.images = 0};
    tape_init(&power->tape);
    tape_attach(&power->tape, &power->io);
}

void power_free(struct power *power)
{
    tape_free(&power->tape);
    points_free(&power->points);
}

void power_ack(struct power *power, uint64_t revision)
{
    must(power->acked_count < POWER_ACKED);
    power->acked[power->acked_count++] = (struct acked){tape_count(&power->tape), revision};
}

static uint64_t acked_at(const struct power *power, size_t events)
{
    uint64_t revision = 0;
    for (unsigned i = 0; i < power->acked_count && power->acked[i].events <= events; i++)
        revision = power->acked[i].revision;
    return revision;
}

unsigned power_bad(const struct power *power)
{
    return power->refused + power->lost + power->strange;
}

/* ---- one picture ---- */

static void note(struct trial *trial, const char *what, const char *why)
{
    struct power *power = trial->power;
    if (power_bad(power) > 1)
        return;
    int len = snprintf(power->first, sizeof power->first,
                       "after event %zu: %s: %s; pending:", trial->events, what, why);
    for (unsigned i = 0; i < trial->disk->pending_count && len < 400; i++) {
        const struct tape_event *event = trial->disk->pending[i].event;
        len += snprintf(power->first + len, sizeof power->first - (size_t)len, " %d %s@%llu+%zu",
                        event->op, event->name, (unsigned long long)event->offset, event->len);
    }
}

/* Whether what comes back is a state that was committed, and which. */
static void look_at(struct trial *trial, const uint64_t fates[DISK_PENDING], struct look *look)
{
    struct power *power = trial->power;
    struct revived back;
    const struct point *point;
    kit_dir_clear(trial->dir);
    (void)disk_image(trial->disk, fates, trial->dir);
    power->different++;
    revive(trial->dir, &back);
    look->revision = back.recovery.revision;
    point = points_find(&power->points, look->revision);
    look->good =
        back.ok && point != NULL && memcmp(point->digest, back.digest, sizeof back.digest) == 0;
    if (!back.ok) {
        power->refused++;
        note(trial, "refused", revived_why(&back));
    } else if (!look->good) {
        power->strange++;
        note(trial, "a state that never was", revived_warning(&back));
    }
    revived_free(&back);
}

static void try_image(struct trial *trial, const uint64_t fates[DISK_PENDING])
{
    struct power *power = trial->power;
    uint64_t image = disk_image(trial->disk, fates, -1);
    struct look *look = &trial->looks[image % SEEN];
    power->images++;
    if (!look->taken || look->image != image) {
        *look = (struct look){.image = image, .taken = true};
        look_at(trial, fates, look);
    }
    if (look->good && look->revision < acked_at(power, trial->events)) {
        char text[96];
        power->lost++;
        snprintf(text, sizeof text, "%llu came back, %llu was acknowledged",
                 (unsigned long long)look->revision,
                 (unsigned long long)acked_at(power, trial->events));
        note(trial, "lost", text);
    }
}

/* ---- all of them ---- */

static void set_all(uint64_t fates[DISK_PENDING], uint64_t fate)
{
    for (unsigned i = 0; i < DISK_PENDING; i++)
        fates[i] = fate;
}

static unsigned sectors(const struct tape_event *event)
{
    uint64_t first = event->offset / TAPE_SECTOR;
    return event->op != IO_WRITE
               ? 0
               : (unsigned)((event->offset + event->len - 1) / TAPE_SECTOR - first + 1);
}

static bool is_zeros(const struct tape_event *event)
{
    return event->len > 0 && event->data[0] == 0 &&
           memcmp(event->data, event->data + 1, event->len - 1) == 0;
}

/* Only the first sectors of it are there, or all but the first. */
static void try_torn(struct trial *trial, unsigned pending, uint64_t fates[DISK_PENDING])
{
    const struct tape_event *event = trial->disk->pending[pending].event;
    unsigned count = sectors(event), most = is_zeros(event) ? 2 : 63;
    for (unsigned i = 1; i < count && i < most; i++) {
        fates[pending] = (UINT64_C(1) << i) - 1;
        try_image(trial, fates);
        fates[pending] = ~((UINT64_C(1) << i) - 1);
        try_image(trial, fates);
    }
    fates[pending] = FATE_KEPT;
}

static void try_event(struct trial *trial)
{
    uint64_t fates[DISK_PENDING];
    set_all(fates, FATE_LOST);
    try_image(trial, fates);
    for (unsigned i = 0; i < trial->disk->pending_count; i++) { /* it alone is there */
        fates[i] = FATE_KEPT;
        try_image(trial, fates);
        fates[i] = FATE_LOST;
    }
    set_all(fates, FATE_KEPT);
    try_image(trial, fates);
    for (unsigned i = 0; i < trial->disk->pending_count; i++) { /* it alone is not */
        fates[i] = FATE_LOST;
        try_image(trial, fates);
        fates[i] = FATE_KEPT;
        try_torn(trial, i, fates);
    }
}

static void trial_begin(struct trial *trial, struct power *power)
{
    *trial = (struct trial){.power = power,
                            .disk = malloc(sizeof(struct disk)),
                            .looks = calloc(SEEN, sizeof(struct look))};
    must(trial->disk != NULL && trial->looks != NULL);
    trial->dir = kit_dir_make(trial->path);
    disk_init(trial->disk);
}

static void trial_end(struct trial *trial)
{
    disk_free(trial->disk);
    kit_dir_remove(trial->path, trial->dir);
    free(trial->looks);
    free(trial->disk);
}

void power_try_all(struct power *power, size_t from)
{
    struct trial trial;
    trial_begin(&trial, power);
    for (size_t i = 0; i < power->tape.count; i++) {
        disk_step(trial.disk, &power->tape.events[i]);
        trial.events = i + 1;
        if (i >= from)
            try_event(&trial);
    }
    trial_end(&trial);
}

/* Each pending event may be lost, be there, or be there in part. */
static void random_fates(struct choice *c, uint64_t fates[DISK_PENDING])
{
    for (unsigned i = 0; i < DISK_PENDING; i++) {
        uint64_t mask = choose(c, 65536) << 48 | choose(c, 65536) << 32 | choose(c, 65536) << 16 |
                        choose(c, 65536);
        unsigned what = (unsigned)choose(c, 3);
        fates[i] = what == 0 ? FATE_LOST : what == 1 ? FATE_KEPT : mask;
    }
}

void power_try_random(struct power *power, unsigned count, uint64_t seed)
{
    struct choice c = {.seed = &seed};
    uint64_t fates[DISK_PENDING];
    struct trial trial;
    size_t events = power->tape.count;
    trial_begin(&trial, power);
    for (size_t i = 0; i < events; i++) {
        size_t here = count * (i + 1) / events - count * i / events;
        disk_step(trial.disk, &power->tape.events[i]);
        trial.events = i + 1;
        while (here-- > 0) {
            random_fates(&c, fates);
            try_image(&trial, fates);
        }
    }
    trial_end(&trial);
}

/* What is in the directory after so many events and these fates. */
static void make_image(struct power *power, size_t events, uint64_t *seed, int dir)
{
    struct disk *disk = malloc(sizeof *disk);
    struct choice c = {.seed = seed};
    uint64_t fates[DISK_PENDING];
    must(disk != NULL);
    disk_init(disk);
    for (size_t i = 0; i < events; i++)
        disk_step(disk, &power->tape.events[i]);
    if (seed == NULL)
        set_all(fates, FATE_KEPT);
    else
        random_fates(&c, fates);
    kit_dir_clear(dir);
    (void)disk_image(disk, fates, dir);
    disk_free(disk);
    free(disk);
}

void power_kill(struct power *power, size_t events, int dir)
{
    make_image(power, events, NULL, dir);
    tape_cut(&power->tape, events);
    while (power->acked_count > 0 && power->acked[power->acked_count - 1].events > events)
        power->acked_count--;
}

void power_fail(struct power *power, size_t events, uint64_t seed, int dir)
{
    uint64_t acked = acked_at(power, events);
    char names[DISK_FILES][40];
    unsigned count;
    make_image(power, events, &seed, dir);
    tape_cut(&power->tape, 0);
    count = kit_names(dir, names, DISK_FILES);
    for (unsigned i = 0; i < count; i++) {
        struct buf content;
        const char *name = names[i];
        kit_read(dir, name, &content);
        tape_put(&power->tape, &(struct io_event){.op = IO_CREATE, .name = name});
        if (content.len > 0)
            tape_put(&power->tape,
                     &(struct io_event){
                         .op = IO_WRITE, .name = name, .data = content.data, .len = content.len});
        tape_put(&power->tape, &(struct io_event){.op = IO_SYNC, .name = name});
        buf_free(&content);
    }
    tape_put(&power->tape, &(struct io_event){.op = IO_SYNC_DIR, .name = "."});
    power->acked_count = 0;
    power_ack(power, acked);
}
