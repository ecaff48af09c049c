/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard files and signals at the start of a process. */
#include "wire/base/inherited.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void keep_standard_files(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY}; /* stderr is never read */
    for (int fd = 0; fd < (int)(sizeof modes / sizeof modes[0]); fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            abort();
}

static void handle_errors(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL);
}

void inherited_prepare(void)
{
    keep_standard_files();
    handle_errors(SIG_IGN);
}

void inherited_restore(void)
{
    handle_errors(SIG_DFL);
}
