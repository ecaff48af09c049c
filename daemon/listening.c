/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens configured, default and inherited addresses: only those that no other machine can reach. */
#include "daemon/listening.h"

#include <string.h>
#include <sysexits.h>

#include "daemon/base/notify.h"
#include "daemon/net/address.h"

enum { INHERITED_MAX = 64 };

/* Applies the rule for configured addresses to inherited sockets too. */
static bool is_served(int fd, struct buf *why)
{
    char text[PEER_ADDRESS_MAX];
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        len = 0;
    if (address_is_local((const struct sockaddr *)&bound, len))
        return true;
    address_print((const struct sockaddr *)&bound, len, text, sizeof text);
    buf_printf(why,
               "inherited socket %s: it can be reached from other machines, and this version "
               "cannot tell who connects: change ListenStream in mgrd.socket",
               text);
    return false;
}

static bool open_inherited(struct net *net, const int *fds, int count, struct buf *why,
                           int *exit_code)
{
    for (int i = 0; i < count; i++) {
        *exit_code = EX_CONFIG;
        if (!is_served(fds[i], why))
            return false;
        *exit_code = EX_OSERR;
        if (!net_listen_fd(net, net_proto_door(net), fds[i], why))
            return false;
    }
    return true;
}

static bool open_one(struct net *net, const struct address *address, struct buf *why)
{
    if (address->fault == NULL)
        return net_listen(net, net_proto_door(net), (const struct sockaddr *)&address->socket,
                          address->socket_len, why);
    buf_printf(why, "%s %s", address->text, address->fault);
    return false;
}

bool listening_open(struct net *net, const struct config_listen *listen, struct log *log,
                    struct buf *why, int *exit_code)
{
    int fds[INHERITED_MAX];
    size_t opened = 0;
    int inherited = notify_sockets(fds, INHERITED_MAX);
    *exit_code = EX_OSERR;
    if (inherited < 0) {
        buf_printf(why, "inherited sockets: %s", strerror(-inherited));
        return false;
    }
    if (inherited > 0)
        return open_inherited(net, fds, inherited, why, exit_code);
    for (size_t i = 0; i < listen->count; i++) {
        buf_reset(why, SIZE_MAX);
        bool done = open_one(net, &listen->items[i], why);
        opened += done;
        if (done)
            continue;
        if (!listen->items[i].is_default)
            return false;
        log_write(log, LOG_WARNING, LOG_SERVER, NULL, "a default address is not served: %.*s",
                  (int)why->len, (const char *)why->data);
    }
    return opened > 0;
}
