/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing of the log is removed for a snapshot that does not give the same state back. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/engine/object.h"
#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"
#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/journal_kit.h"
#include "tests/support/must.h"

enum { SEGMENT = 8 << 10, NAMES = 32 };

static struct io io;
static char path[KIT_PATH];
static int dir;
static uint64_t before; /* the segment that a snapshot can be made for */
static struct point left;
static char names[NAMES][40];
static unsigned name_count;

static void set_up(void)
{
    struct points points = {0};
    struct host host;
    dir = kit_dir_make(path);
    host_start(&host, &(struct host_options){
                          .io = &io, .dir = dir, .segment_bytes = SEGMENT, .points = &points});
    must(world_create(&host.w, "list", "of_the_test", "[1, 2]") != NULL);
    for (unsigned i = 0; i < 60; i++) {
        host_live(&host, 10);
        host_flush(&host);
    }
    before = host_seal(&host);
    host_flush(&host);
    host_drop(&host);
    left = points.list[points.count - 1];
    points_free(&points);
    name_count = kit_names(dir, names, NAMES);
    must(before > 2 && name_count >= before);
}

static void tear_down(void)
{
    kit_dir_remove(path, dir);
}

static void all_must_be_there(void)
{
    char again[NAMES][40];
    ck_assert_uint_eq(kit_names(dir, again, NAMES), name_count);
    ck_assert_mem_eq(names, again, 40 * (size_t)name_count);
    kit_must_be(dir, &left);
}

static void must_fail(struct io *with, const struct handlers *handlers, const char *text)
{
    struct buf why;
    buf_init(&why);
    ck_assert_int_eq(maintenance_compact(with, dir, before, handlers, &why), -EBADMSG);
    ck_assert_msg(strstr(kit_text(&why), text) != NULL, "%s", kit_text(&why));
    buf_free(&why);
    all_must_be_there();
    buf_init(&why);
    ck_assert_msg(maintenance_compact(&io, dir, before, objects_handlers(), &why) == 0, "%s",
                  kit_text(&why));
    buf_free(&why);
    kit_must_be(dir, &left);
}

/* The real types, but lists are kept otherwise. */
static void with_lists(struct handlers *handlers, struct object_ops *list)
{
    *handlers = *objects_handlers();
    *list = *handlers->types[TYPE_LIST];
    handlers->types[TYPE_LIST] = list;
}

static void save_junk(const struct object *object, struct writer *out)
{
    objects_handlers()->types[TYPE_LIST]->save(object, out);
    writer_u64(out, 4711);
}

START_TEST(a_type_that_writes_junk)
{
    struct handlers handlers;
    struct object_ops list;
    with_lists(&handlers, &list);
    list.save = save_junk;
    must_fail(&io, &handlers, "not a state this mgrd can read");
}
END_TEST

static bool load_otherwise(struct engine *engine, struct object *object, struct reader *in)
{
    object->changed_at++;
    return objects_handlers()->types[TYPE_LIST]->load(engine, object, in);
}

START_TEST(a_type_that_reads_something_else)
{
    struct handlers handlers;
    struct object_ops list;
    with_lists(&handlers, &list);
    list.load = load_otherwise;
    must_fail(&io, &handlers, "another state than was written");
}
END_TEST

/* Damages what was written as soon as it is on the disk. */
static void damage(void *arg, const struct io_event *event)
{
    static const uint8_t junk[] = "junk";
    if (event->op != IO_SYNC || strstr(event->name, ".new") == NULL)
        return;
    int file = openat(dir, event->name, O_WRONLY | O_CLOEXEC);
    must(file >= 0 && pwrite(file, junk, sizeof junk, *(const off_t *)arg) == sizeof junk);
    close(file);
}

START_TEST(a_disk_that_keeps_something_else)
{
    off_t places[] = {20, 3000};
    must_fail(&(struct io){.told = damage, .arg = &places[_i]}, objects_handlers(), "damaged at");
}
END_TEST

START_TEST(without_memory_nothing_is_removed)
{
    int error = -ENOMEM;
    for (size_t n = 1; error != 0; n += 1 + n / 6) {
        struct buf why;
        buf_init(&why);
        alloc_fail_at(n);
        error = maintenance_compact(&io, dir, before, objects_handlers(), &why);
        alloc_fail_never();
        buf_free(&why);
        if (error != 0)
            all_must_be_there();
    }
    kit_must_be(dir, &left);
}
END_TEST

Suite *suite_journal_proof(void);
Suite *suite_journal_proof(void)
{
    Suite *suite = suite_create("journal_proof");
    TCase *tc = tcase_create("journal_proof");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_type_that_writes_junk);
    tcase_add_test(tc, a_type_that_reads_something_else);
    tcase_add_loop_test(tc, a_disk_that_keeps_something_else, 0, 2);
    tcase_add_test(tc, without_memory_nothing_is_removed);
    suite_add_tcase(suite, tc);
    return suite;
}
