/* SPDX-License-Identifier: BSD-2-Clause */
/* The ready items of a queue: a line, and a tree. */
#include "daemon/objects/queue/backlog.h"

/* ---- marks ---- */

static size_t marks_size(size_t cap)
{
    return cap * sizeof(struct item *);
}

/* The oldest mark is first. Without memory the mark is left out, and a search walks further. */
static void mark_add(struct mem *mem, struct backlog_marks *marks, struct item *item)
{
    if (marks->first > 0 && marks->first + marks->count == marks->cap) {
        memmove(marks->places, marks->places + marks->first, marks_size(marks->count));
        marks->first = 0;
    }
    if (marks->count == marks->cap) {
        size_t cap = marks->cap == 0 ? 4 : marks->cap * 2;
        struct item **places =
            mem_resize(mem, marks->places, marks_size(marks->cap), marks_size(cap));
        if (places == NULL)
            return;
        marks->places = places;
        marks->cap = cap;
    }
    marks->places[marks->first + marks->count++] = item;
}

static void marks_free(struct mem *mem, struct backlog_marks *marks)
{
    mem_free(mem, marks->places, marks_size(marks->cap));
    *marks = (struct backlog_marks){0};
}

/* The item leaves the line at the end where the next item is taken. */
static void mark_drop(struct mem *mem, struct backlog *backlog, const struct item *item)
{
    struct backlog_marks *marks = &backlog->marks;
    bool oldest = backlog->order == ORDER_FIFO;
    if (marks->count == 0 ||
        marks->places[oldest ? marks->first : marks->first + marks->count - 1] != item)
        return;
    marks->first += oldest;
    if (--marks->count == 0)
        marks_free(mem, marks);
}

/* The mark from which to search for the first item after the number `seq`. */
static struct item *mark_near(const struct backlog *backlog, uint64_t seq)
{
    const struct backlog_marks *marks = &backlog->marks;
    size_t end = marks->first + marks->count;
    size_t low = marks->first, high = end; /* marks before low: <= seq; from high on: above */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks->places[middle]->seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    if (backlog->order == ORDER_FIFO)
        return low > marks->first ? marks->places[low - 1] : backlog->first;
    return high < end ? marks->places[high] : backlog->first;
}

/* ---- in and out ---- */

int backlog_check(struct ctx *ctx, const struct backlog *backlog, struct bytes value)
{
    return backlog->order != ORDER_PRIORITY ? 0 : item_tree_meet(ctx, &backlog->tree, value);
}

static item_compare_fn *compare_of(const struct backlog *backlog)
{
    return backlog->order == ORDER_PRIORITY ? item_compare_value : item_compare_age;
}

static void line_add(struct mem *mem, struct backlog *backlog, struct item *item)
{
    if (backlog->order == ORDER_LIFO) {
        item->next = backlog->first;
        backlog->first = item;
    } else {
        item->next = NULL;
        *(backlog->first == NULL ? &backlog->first : &backlog->last->next) = item;
        backlog->last = item;
    }
    if (item->seq % BACKLOG_MARK == 0)
        mark_add(mem, &backlog->marks, item);
}

void backlog_put(struct mem *mem, struct backlog *backlog, struct item *item)
{
    item->seq = ++backlog->seq;
    if (backlog->order == ORDER_PRIORITY) {
        backlog_put_back(backlog, item);
        return;
    }
    item->state = ITEM_READY;
    item->token = 0;
    backlog->count++;
    line_add(mem, backlog, item);
}

void backlog_put_back(struct backlog *backlog, struct item *item)
{
    item->state = ITEM_READY;
    item->token = 0;
    backlog->count++;
    item_tree_add(&backlog->tree, item, compare_of(backlog));
}

/* Whether the tree's item is delivered before the line's; either may be NULL. */
static bool tree_is_first(enum backlog_order order, const struct item *line,
                          const struct item *tree)
{
    if (line == NULL || tree == NULL)
        return line == NULL;
    return (tree->seq < line->seq) == (order == ORDER_FIFO);
}

static struct item *tree_first(const struct backlog *backlog)
{
    if (RB_EMPTY(&backlog->tree))
        return NULL;
    return backlog->order == ORDER_LIFO ? item_tree_last(&backlog->tree)
                                        : item_tree_first(&backlog->tree);
}

struct item *backlog_first(const struct backlog *backlog)
{
    struct item *tree = tree_first(backlog);
    return tree_is_first(backlog->order, backlog->first, tree) ? tree : backlog->first;
}

struct item *backlog_take(struct mem *mem, struct backlog *backlog)
{
    struct item *line = backlog->first;
    struct item *tree = tree_first(backlog);
    backlog->count--;
    if (tree_is_first(backlog->order, line, tree)) {
        item_tree_del(&backlog->tree, tree);
        return tree;
    }
    backlog->first = line->next;
    mark_drop(mem, backlog, line);
    return line;
}

void backlog_clear(struct engine *engine, struct backlog *backlog)
{
    items_discard(engine, backlog->first, RB_ROOT(&backlog->tree));
    marks_free(engine_mem(engine), &backlog->marks);
    RB_INIT(&backlog->tree);
    backlog->first = NULL;
    backlog->count = 0;
}

/* ---- walking ---- */

struct backlog_walk backlog_walk(const struct backlog *backlog)
{
    return (struct backlog_walk){backlog->order, backlog->first, tree_first(backlog)};
}

struct backlog_walk backlog_walk_after(const struct backlog *backlog, const struct item *probe)
{
    bool falling = backlog->order == ORDER_LIFO;
    struct backlog_walk walk = {.order = backlog->order};
    struct item *line = mark_near(backlog, probe->seq);
    while (line != NULL && (falling ? line->seq >= probe->seq : line->seq <= probe->seq))
        line = line->next;
    walk.line = line;
    walk.tree = falling ? item_tree_before(&backlog->tree, probe, item_compare_age)
                        : item_tree_after(&backlog->tree, probe, compare_of(backlog));
    return walk;
}

struct item *backlog_next(struct backlog_walk *walk)
{
    struct item *item = walk->line;
    if (!tree_is_first(walk->order, walk->line, walk->tree)) {
        walk->line = item->next;
        return item;
    }
    item = walk->tree;
    if (item != NULL)
        walk->tree = walk->order == ORDER_LIFO ? item_tree_prev(item) : item_tree_next(item);
    return item;
}

void backlog_save(const struct backlog *backlog, struct writer *out)
{
    struct backlog_walk walk = backlog_walk(backlog);
    const struct item *item;
    writer_u64(out, backlog->seq);
    writer_u64(out, backlog->count);
    while ((item = backlog_next(&walk)) != NULL)
        item_save(item, out);
}

/* ---- reading back ---- */

/* Adds an item after the last one loaded (may be NULL): items come in order of delivery. Items
 * that had come back go into the line as well, because it is ordered by age. */
static void load_add(struct mem *mem, struct backlog *backlog, struct item *last, struct item *item)
{
    if (backlog->order == ORDER_PRIORITY) {
        item_tree_append(&backlog->tree, last, item);
    } else {
        *(last == NULL ? &backlog->first : &last->next) = item;
        backlog->last = item;
        if (item->seq % BACKLOG_MARK == 0)
            mark_add(mem, &backlog->marks, item);
    }
    backlog->count++;
}

/* Whether the item may follow that one. */
static bool load_follows(const struct backlog *backlog, const struct item *last,
                         const struct item *item)
{
    if (item->seq > backlog->seq)
        return false;
    if (last == NULL)
        return true;
    return backlog->order == ORDER_LIFO ? item_compare_age(item, last) < 0
                                        : compare_of(backlog)(last, item) < 0;
}

/* The marks were added from the newest on: reverses them. */
static void marks_turn(struct backlog_marks *marks)
{
    for (size_t i = 0, j = marks->count; i + 1 < j; i++) {
        struct item *mark = marks->places[i];
        marks->places[i] = marks->places[--j];
        marks->places[j] = mark;
    }
}

bool backlog_load(struct mem *mem, struct backlog *backlog, unsigned way, struct reader *in)
{
    struct item *last = NULL;
    backlog->seq = reader_u64(in);
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        struct item *item = item_load(mem, in, 1u << ITEM_READY, 1u << way);
        if (item == NULL)
            return false;
        if (!load_follows(backlog, last, item)) {
            item_delete(mem, item);
            return reader_fail(in);
        }
        load_add(mem, backlog, last, item);
        last = item;
    }
    if (backlog->order == ORDER_LIFO)
        marks_turn(&backlog->marks);
    return reader_ok(in);
}
