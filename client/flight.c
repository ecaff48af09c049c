/* SPDX-License-Identifier: BSD-2-Clause */
/* The window: which requests are in flight, and which id comes next.
 *
 * A request with an id uses slot id mod window, and ids rise in the order of sending. The next
 * id is the smallest one above the last id whose slot is the lowest free slot: so a client with
 * at most n requests in flight uses n slots of the daemon, however long it lives. The last slot
 * is reserved for heartbeat, cancel and bye, which must go out even when all other slots are in
 * use. */
#include <stdlib.h>

#include "client/internal.h"

bool flights_init(struct mgr *m)
{
    m->slots = calloc(m->window_wanted, sizeof *m->slots);
    m->window = m->window_wanted;
    return m->slots != NULL;
}

void flights_free(struct mgr *m)
{
    for (uint32_t i = 0; m->slots != NULL && i < m->window_wanted; i++)
        buf_free(&m->slots[i].frame);
    free(m->slots);
    m->slots = NULL;
}

static bool is_busy(const struct mgr *m, uint32_t slot)
{
    return (m->busy[slot / 64] >> slot % 64 & 1) != 0;
}

static void flip_busy(struct mgr *m, const struct flight *flight)
{
    size_t slot = (size_t)(flight - m->slots);
    m->busy[slot / 64] ^= UINT64_C(1) << slot % 64;
}

static struct flight *lowest_free(struct mgr *m)
{
    uint32_t end = m->window > 1 ? m->window - 1 : 1;
    for (uint32_t word = 0; word * 64 < end; word++) {
        if (m->busy[word] == UINT64_MAX)
            continue;
        uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(~m->busy[word]);
        return slot < end ? &m->slots[slot] : NULL;
    }
    return NULL;
}

bool flight_control_busy(const struct mgr *m)
{
    return is_busy(m, m->window - 1);
}

static void append(struct mgr *m, struct flight *flight)
{
    flight->next = NULL;
    flight->prev = m->last;
    if (m->last != NULL)
        m->last->next = flight;
    else
        m->first = flight;
    m->last = flight;
}

static void unlink_flight(struct mgr *m, struct flight *flight)
{
    if (flight->prev != NULL)
        flight->prev->next = flight->next;
    else
        m->first = flight->next;
    if (flight->next != NULL)
        flight->next->prev = flight->prev;
    else
        m->last = flight->prev;
}

struct flight *flight_take(struct mgr *m, bool control)
{
    struct flight *flight = control ? &m->slots[m->window - 1] : lowest_free(m);
    if (flight == NULL || (control && flight_control_busy(m)))
        return NULL;
    uint64_t id = m->last_id / m->window * m->window + (uint64_t)(flight - m->slots);
    if (id <= m->last_id)
        id += m->window;
    m->last_id = flight->id = id;
    flight->done = false;
    flight->status = MGR_OK;
    append(m, flight);
    flip_busy(m, flight);
    m->in_flight++;
    return flight;
}

struct flight *flight_find(struct mgr *m, uint64_t id)
{
    struct flight *flight = &m->slots[id % m->window];
    return id != 0 && flight->id == id ? flight : NULL;
}

void flight_release(struct mgr *m, struct flight *flight)
{
    unlink_flight(m, flight);
    flip_busy(m, flight);
    m->in_flight--;
    m->bytes_in_flight -= flight_frame(flight).len;
    flight->id = 0;
    flight->frame_at = 0;
    buf_reset(&flight->frame, 4096);
}

uint64_t flights_acked(const struct mgr *m)
{
    return m->first == NULL ? m->last_id : m->first->id - 1;
}

/* Reports finished pipelined requests to their callback; frees those and the finished silent
 * ones. */
static void settle(struct mgr *m)
{
    struct flight *next;
    for (struct flight *at = m->first; at != NULL; at = next) {
        next = at->next;
        if (!at->done || at->kind == FLIGHT_AWAITED)
            continue;
        if (at->kind == FLIGHT_PIPELINED)
            pipeline_tell(m, at, bytes_of(NULL, 0), bytes_of(NULL, 0));
        flight_release(m, at);
    }
}

void flights_give_up(struct mgr *m, enum mgr_status read_status)
{
    for (struct flight *at = m->first; at != NULL; at = at->next) {
        if (at->done || (at->is_read && read_status == MGR_OK))
            continue;
        at->done = true;
        at->status = at->is_read ? read_status : MGR_INDETERMINATE;
    }
    settle(m);
}
