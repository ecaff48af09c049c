/* SPDX-License-Identifier: BSD-2-Clause */
/* The window: which requests are on their way, and which id comes next.
 *
 * An id uses slot id mod window, and ids rise in the order of sending. The next id is the smallest one
 * above the last that falls into the lowest free slot: a client that never has more than n requests in
 * flight uses n slots of the daemon, however long it lives. */
#include <stdlib.h>

#include "client/internal.h"

bool flights_init(struct mgr *m, uint32_t window)
{
    struct flight *slots = calloc(window, sizeof *slots);
    if (slots == NULL)
        return false;
    flights_free(m);
    m->slots = slots;
    m->window = window;
    return true;
}

void flights_free(struct mgr *m)
{
    for (uint32_t i = 0; m->slots != NULL && i < m->window; i++) {
        buf_free(&m->slots[i].frame);
        buf_free(&m->slots[i].value);
        buf_free(&m->slots[i].cursor);
    }
    free(m->slots);
    m->slots = NULL;
    m->first = m->last = NULL;
    m->in_flight = 0;
    memset(m->busy, 0, sizeof m->busy);
}

static struct flight *lowest_free(struct mgr *m)
{
    for (uint32_t word = 0; word * 64 < m->window; word++) {
        if (m->busy[word] == UINT64_MAX)
            continue;
        uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(~m->busy[word]);
        return slot < m->window ? &m->slots[slot] : NULL;
    }
    return NULL;
}

static void flip_busy(struct mgr *m, const struct flight *flight)
{
    size_t slot = (size_t)(flight - m->slots);
    m->busy[slot / 64] ^= UINT64_C(1) << (slot % 64);
}

struct flight *flight_take(struct mgr *m)
{
    struct flight *flight = m->in_flight < m->window ? lowest_free(m) : NULL;
    if (flight == NULL)
        return NULL;
    uint64_t id = m->last_id / m->window * m->window + (uint64_t)(flight - m->slots);
    if (id <= m->last_id)
        id += m->window;
    m->last_id = flight->id = id;
    flight->done = flight->pipelined = flight->is_read = false;
    flight->status = MGR_OK;
    flight->revision = 0;
    flight->next = NULL;
    flight->prev = m->last;
    if (m->last != NULL)
        m->last->next = flight;
    else
        m->first = flight;
    m->last = flight;
    flip_busy(m, flight);
    m->in_flight++;
    return flight;
}

struct flight *flight_find(struct mgr *m, uint64_t id)
{
    struct flight *flight = &m->slots[id % m->window];
    return flight->id == id ? flight : NULL;
}

void flight_release(struct mgr *m, struct flight *flight)
{
    if (flight->prev != NULL)
        flight->prev->next = flight->next;
    else
        m->first = flight->next;
    if (flight->next != NULL)
        flight->next->prev = flight->prev;
    else
        m->last = flight->prev;
    flip_busy(m, flight);
    flight->id = 0;
    m->in_flight--;
    buf_reset(&flight->frame, 4096);
    buf_reset(&flight->value, 4096);
    buf_reset(&flight->cursor, 256);
}

uint64_t flights_acked(const struct mgr *m)
{
    const struct flight *at = m->first;
    while (at != NULL && at->done)
        at = at->next;
    return at == NULL ? m->last_id : at->id - 1;
}
