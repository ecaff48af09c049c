/* SPDX-License-Identifier: BSD-2-Clause */
/* As a shell does it for a job in the foreground.
 *
 * The program's parent is in another session, which makes its group an orphan: the kernel would
 * neither stop it at the user's wish nor let it wait for the terminal. A process of ours in that
 * group, the anchor, makes it a job of this session. */
#include "cli/supervise/terminal.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void terminal_init(struct terminal *terminal)
{
    struct stat out;
    *terminal = (struct terminal){0};
    terminal->used = tcgetattr(STDIN_FILENO, &terminal->modes) == 0 &&
                     (fstat(STDOUT_FILENO, &out) != 0 || !S_ISFIFO(out.st_mode));
}

static void stay(pid_t group, pid_t parent)
{
    sigset_t all;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setpgid(0, group) != 0 || getppid() != parent)
        _exit(0);
    sigfillset(&all);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number,
                     SIG_IGN); /* a signal for the group is not for us, but for KILL, STOP */
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;)
        pause();
}

static void drop_anchor(struct terminal *terminal, pid_t group)
{
    pid_t parent = getpid();
    terminal->anchor = fork();
    if (terminal->anchor == 0)
        stay(group, parent);
    if (terminal->anchor > 0)
        setpgid(terminal->anchor, group);
    else
        terminal->anchor = 0; /* it cannot be suspended then */
}

void terminal_give(struct terminal *terminal, pid_t group)
{
    if (!terminal->used || tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    if (terminal->anchor == 0)
        drop_anchor(terminal, group);
    (void)tcsetpgrp(STDIN_FILENO, group);
}

void terminal_take(struct terminal *terminal, pid_t group)
{
    if (!terminal->used || tcgetpgrp(STDIN_FILENO) != group)
        return;
    (void)tcsetpgrp(STDIN_FILENO, getpgrp());
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->modes);
}

void terminal_free(struct terminal *terminal)
{
    if (terminal->anchor == 0)
        return;
    kill(terminal->anchor, SIGKILL);
    while (waitpid(terminal->anchor, NULL, 0) < 0 && errno == EINTR)
        ;
    terminal->anchor = 0;
}
