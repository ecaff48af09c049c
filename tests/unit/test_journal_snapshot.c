/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot gives the state back, or says where it is damaged. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/engine/core.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "tests/support/life.h"
#include "tests/support/must.h"

enum { LIFE = 1500, PLACES = 64, NUMBER = 7 };

static const char name[] = "snapshot-000000000007";

static struct world w;
static struct io io;
static char path[KIT_PATH];
static int dir;
static struct buf file;

static const struct snapshot header = {.format = JOURNAL_FORMAT,
                                       .version = ENGINE_VERSION,
                                       .data_id = UINT64_MAX - 5,
                                       .segment = NUMBER,
                                       .sequence = UINT64_C(1) << 40,
                                       .checksum = 0xfedcba98,
                                       .revision = 12345,
                                       .before_end = 4096};

static void set_up(void)
{
    uint64_t seed = 4;
    char text[70000];
    world_init(&w, objects_handlers());
    for (unsigned i = 0; i < LIFE; i++)
        life_step(&w, &seed);
    memset(text, 'x', sizeof text - 1); /* more than one block */
    text[sizeof text - 1] = '\0';
    must(world_create(&w, "value", "long", text)->result.kind != RESULT_ERROR);
    dir = kit_dir_make(path);
    io = (struct io){.calls = 0};
    must(snapshot_write(&io, dir, &header, w.engine) == 0);
    must(snapshot_adopt(&io, dir, NUMBER) == 0);
    kit_read(dir, name, &file);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
    world_free(&w);
    buf_free(&file);
}

struct loaded {
    bool ok;
    struct snapshot snapshot;
    struct buf why;
    uint8_t digest[32];
};

static void load(struct loaded *loaded)
{
    struct engine *engine = world_engine(objects_handlers(), 0x55);
    buf_init(&loaded->why);
    loaded->ok = snapshot_load(dir, name, &loaded->snapshot, engine, &loaded->why);
    if (loaded->ok)
        engine_digest(engine, loaded->digest);
    engine_free(engine);
}

static void must_be_refused(const char *what)
{
    struct loaded loaded;
    struct buf why;
    struct snapshot snapshot;
    load(&loaded);
    ck_assert_msg(!loaded.ok, "it was taken, though %s", what);
    ck_assert_msg(strstr(kit_text(&loaded.why), name) != NULL, "%s", kit_text(&loaded.why));
    buf_init(&why); /* who only looks at it sees the same */
    must(!snapshot_load(dir, name, &snapshot, NULL, &why));
    ck_assert_str_eq(kit_text(&why), kit_text(&loaded.why));
    buf_free(&why);
    buf_free(&loaded.why);
}

static void must_say(const char *text)
{
    struct loaded loaded;
    load(&loaded);
    ck_assert(!loaded.ok);
    ck_assert_msg(strstr(kit_text(&loaded.why), text) != NULL, "%s", kit_text(&loaded.why));
    buf_free(&loaded.why);
}

START_TEST(the_state_comes_back)
{
    struct loaded loaded;
    uint8_t digest[32];
    char names[4][40];
    load(&loaded);
    ck_assert_msg(loaded.ok, "%s", kit_text(&loaded.why));
    engine_digest(w.engine, digest);
    ck_assert_mem_eq(loaded.digest, digest, sizeof digest);
    ck_assert_uint_eq(loaded.snapshot.format, header.format);
    ck_assert_uint_eq(loaded.snapshot.version, header.version);
    ck_assert_uint_eq(loaded.snapshot.data_id, header.data_id);
    ck_assert_uint_eq(loaded.snapshot.segment, header.segment);
    ck_assert_uint_eq(loaded.snapshot.sequence, header.sequence);
    ck_assert_uint_eq(loaded.snapshot.checksum, header.checksum);
    ck_assert_uint_eq(loaded.snapshot.revision, header.revision);
    ck_assert_uint_eq(loaded.snapshot.before_end, header.before_end);
    ck_assert_mem_eq(loaded.snapshot.digest, digest, sizeof digest);
    ck_assert_uint_gt(loaded.snapshot.state_bytes, 70000);
    ck_assert_uint_eq(kit_names(dir, names, 4), 1);
    buf_free(&loaded.why);
}
END_TEST

static void put_header(uint64_t format, uint64_t version)
{
    struct snapshot other = header;
    other.format = format;
    other.version = version;
    snapshot_put_header(&other, file.data);
    kit_write(dir, name, buf_bytes(&file));
}

START_TEST(a_newer_one_is_refused_in_clear_words)
{
    put_header(JOURNAL_FORMAT + 1, ENGINE_VERSION);
    must_say("snapshot-000000000007: written by a newer mgrd (format 3; this one knows 2)");
    put_header(JOURNAL_FORMAT, ENGINE_VERSION + 1);
    must_say("written by a newer mgrd (behaviour 2; this one knows 1)");
    put_header(JOURNAL_FORMAT, ENGINE_VERSION);
    struct loaded loaded;
    load(&loaded);
    ck_assert(loaded.ok);
    buf_free(&loaded.why);
}
END_TEST

/* Whatever is in it: its header says that this mgrd does not read it, and what to do. */
START_TEST(an_older_format_is_refused_by_its_header)
{
    put_header(JOURNAL_FORMAT - 1, ENGINE_VERSION);
    must_say("snapshot-000000000007: format 1, this mgrd reads 2; nothing was changed. To move");
    memset(file.data + SNAPSHOT_HEADER, 0xff, file.len - SNAPSHOT_HEADER);
    kit_write(dir, name, buf_bytes(&file));
    must_say("'mgrctl dump > FILE'");
}
END_TEST

START_TEST(what_is_no_snapshot_is_refused)
{
    kit_write(dir, name, bytes_text(""));
    must_say("snapshot-000000000007: empty");
    kit_write(dir, name, bytes_text("mgrdsnap"));
    must_say("snapshot-000000000007: too short to be a snapshot");
    memset(file.data, 0, 8);
    kit_write(dir, name, buf_bytes(&file));
    must_say("snapshot-000000000007: not a snapshot");
    must(unlinkat(dir, name, 0) == 0);
    must_say("snapshot-000000000007: No such file");
}
END_TEST

/* ---- each object is read within what was written of it ---- */

static bool load_nothing(struct engine *engine, struct object *object, struct reader *in)
{
    (void)engine, (void)object;
    return reader_ok(in);
}

static bool load_too_much(struct engine *engine, struct object *object, struct reader *in)
{
    (void)engine, (void)object;
    (void)reader_raw(in, 1 << 20);
    return reader_ok(in);
}

/* By an mgrd whose type value is another one. */
static void must_say_of_values(const struct object_ops *values, const char *text)
{
    struct handlers handlers = *objects_handlers();
    struct snapshot snapshot;
    struct buf why;
    handlers.types[TYPE_VALUE] = values;
    struct engine *engine = world_engine(&handlers, 0x55);
    buf_init(&why);
    ck_assert(!snapshot_load(dir, name, &snapshot, engine, &why));
    ck_assert_msg(strstr(kit_text(&why), text) != NULL, "%s", kit_text(&why));
    engine_free(engine);
    buf_free(&why);
}

START_TEST(an_unknown_type_is_told_with_the_object)
{
    must_say_of_values(NULL, "is of the unknown type");
}
END_TEST

/* What is no object is told with the part of the state. */
START_TEST(a_state_that_is_cut_is_told_with_the_part)
{
    struct engine *engine = world_engine(objects_handlers(), 0x55);
    struct buf why;
    struct reader in = {
        .at = file.data + SNAPSHOT_HEADER, .end = file.data + SNAPSHOT_HEADER + 12, .why = &why};
    buf_init(&why);
    ck_assert(!engine_load(engine, &in));
    ck_assert_str_eq(kit_text(&why), "in the numbers");
    engine_free(engine);
    buf_free(&why);
}
END_TEST

START_TEST(a_type_that_reads_another_length_is_told_with_the_object)
{
    struct object_ops values = *objects_handlers()->types[TYPE_VALUE];
    values.load = load_nothing;
    must_say_of_values(&values, " bytes are left over, in ");
    values.load = load_too_much;
    must_say_of_values(&values, "(value)");
}
END_TEST

/* At each of so many places, and at the borders of header, state, checksums and footer. */
static size_t place(unsigned i)
{
    size_t ends[] = {0,
                     7,
                     8,
                     SNAPSHOT_HEADER - 1,
                     SNAPSHOT_HEADER,
                     file.len - SNAPSHOT_FOOTER - 1,
                     file.len - SNAPSHOT_FOOTER,
                     file.len - 1};
    return i < PLACES ? i * file.len / PLACES : ends[i - PLACES];
}

START_TEST(a_flipped_bit_is_noticed)
{
    for (unsigned i = 0; i < PLACES + 8; i++)
        for (unsigned bit = 0; bit < 8; bit += 7) {
            file.data[place(i)] ^= (uint8_t)(1 << bit);
            kit_write(dir, name, buf_bytes(&file));
            must_be_refused("a bit was flipped");
            file.data[place(i)] ^= (uint8_t)(1 << bit);
        }
}
END_TEST

START_TEST(a_cut_one_is_noticed)
{
    for (unsigned i = 0; i < PLACES + 8; i++) {
        kit_write(dir, name, bytes_of(file.data, place(i)));
        must_be_refused("it was cut");
    }
    buf_put_u8(&file, 0);
    kit_write(dir, name, buf_bytes(&file));
    must_be_refused("it was longer");
}
END_TEST

START_TEST(without_memory_nothing_is_loaded)
{
    bool ok = false;
    for (size_t n = 1; !ok; n += 1 + n / 20) {
        struct engine *engine = world_engine(objects_handlers(), 3);
        struct snapshot snapshot;
        struct buf why;
        buf_init(&why);
        alloc_fail_at(n);
        ok = snapshot_load(dir, name, &snapshot, engine, &why);
        alloc_fail_never();
        if (!ok)
            ck_assert_str_eq(kit_text(&why), "snapshot-000000000007: out of memory");
        engine_free(engine);
        buf_free(&why);
    }
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    bool reached = true;
    for (size_t n = 1; reached; n++) {
        char names[4][40];
        struct buf again;
        must(unlinkat(dir, name, 0) == 0);
        alloc_fail_at(n);
        int error = snapshot_write(&io, dir, &header, w.engine);
        reached = alloc_count() >= n;
        alloc_fail_never();
        ck_assert_int_eq(error, reached ? -ENOMEM : 0);
        ck_assert_uint_eq(kit_names(dir, names, 4), reached ? 0 : 1);
        if (!reached) {
            must(snapshot_adopt(&io, dir, NUMBER) == 0);
            kit_read(dir, name, &again);
            ck_assert(bytes_equal(buf_bytes(&again), buf_bytes(&file)));
            buf_free(&again);
        }
        kit_write(dir, name, buf_bytes(&file));
    }
}
END_TEST

/* Each call to the disk fails once. */
START_TEST(what_cannot_be_written_leaves_nothing)
{
    static const int errors[] = {EIO, ENOSPC};
    bool failed = true;
    for (unsigned n = 1; failed; n++) {
        struct io faulty = {.fail_at = n, .fail_error = errors[n % 2]};
        char names[4][40];
        must(unlinkat(dir, name, 0) == 0);
        int error = snapshot_write(&faulty, dir, &header, w.engine);
        bool adopted = error != 0 || (error = snapshot_adopt(&faulty, dir, NUMBER)) == 0;
        failed = error != 0;
        ck_assert_int_eq(error, failed ? -errors[n % 2] : 0);
        unsigned count = kit_names(dir, names, 4);
        /* when it could not be adopted it may have its name already, or only its first one */
        ck_assert(adopted ? count == (failed ? 0 : 1) : count == 1);
        ck_assert(count == 0 || strncmp(names[0], name, strlen(name)) == 0);
        kit_dir_clear(dir);
        kit_write(dir, name, buf_bytes(&file));
    }
}
END_TEST

Suite *suite_journal_snapshot(void);
Suite *suite_journal_snapshot(void)
{
    Suite *suite = suite_create("journal_snapshot");
    TCase *tc = tcase_create("journal_snapshot");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_state_comes_back);
    tcase_add_test(tc, a_newer_one_is_refused_in_clear_words);
    tcase_add_test(tc, an_older_format_is_refused_by_its_header);
    tcase_add_test(tc, what_is_no_snapshot_is_refused);
    tcase_add_test(tc, an_unknown_type_is_told_with_the_object);
    tcase_add_test(tc, a_state_that_is_cut_is_told_with_the_part);
    tcase_add_test(tc, a_type_that_reads_another_length_is_told_with_the_object);
    tcase_add_test(tc, a_flipped_bit_is_noticed);
    tcase_add_test(tc, a_cut_one_is_noticed);
    tcase_add_test(tc, without_memory_nothing_is_loaded);
    tcase_add_test(tc, without_memory_nothing_is_written);
    tcase_add_test(tc, what_cannot_be_written_leaves_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
