/* SPDX-License-Identifier: BSD-2-Clause */
/* libedit, with its callbacks bound to one struct. */
#include "cli/shell/line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/base/signals.h"
#include "cli/help/complete.h"
#include "cli/syntax/words.h"

enum { HISTORY_LINES = 1000, PRIVATE_DIR = 0700, PRIVATE_MASK = 077 };

struct line_editor {
    struct cli *cli;
    EditLine *el;
    History *history;
    char prompt[256];
    bool more;      /* the prompt is that of a line that goes on */
    char file[512]; /* "": no history file */
    char *line;     /* the last one; owned */
};

/* ---- history ---- */

static void make_parents(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(path, PRIVATE_DIR) < 0 && errno != EEXIST)
            errno = 0; /* the history is a convenience */
        *slash = '/';
    }
}

static void find_history(struct line_editor *edit)
{
    const char *given = getenv("MGRCTL_HISTORY");
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (given != NULL)
        snprintf(edit->file, sizeof edit->file, "%s", given);
    else if (state != NULL && *state == '/')
        snprintf(edit->file, sizeof edit->file, "%s/mgrctl/history", state);
    else if (home != NULL && *home == '/')
        snprintf(edit->file, sizeof edit->file, "%s/.local/state/mgrctl/history", home);
    if (edit->file[0] != '\0')
        make_parents(edit->file);
}

/* ---- completion ---- */

struct candidates {
    char *common; /* what all share; owned */
    size_t count;
    struct buf shown; /* for people, when there are several */
};

static void take_candidate(void *arg, const char *candidate, const char *about)
{
    struct candidates *c = arg;
    (void)about;
    if (*candidate == '\0') /* names of files or programs: for shells of the system */
        return;
    if (c->count++ == 0)
        c->common = strdup(candidate);
    if (c->common == NULL)
        return;
    size_t same = 0;
    while (c->common[same] != '\0' && c->common[same] == candidate[same])
        same++;
    c->common[same] = '\0';
    buf_printf(&c->shown, "%s  ", candidate);
}

/* The words up to the cursor; the last one is empty behind a blank. */
static char **words_before(struct words *words, struct bytes line)
{
    bool fresh = line.len == 0 || line.data[line.len - 1] == ' ';
    if (words_split(line, words) != NULL)
        return NULL;
    char **list = calloc(words->count + 2, sizeof *list);
    if (list == NULL)
        return NULL;
    memcpy(list, words->list, words->count * sizeof *list);
    if (fresh)
        list[words->count++] = "";
    return list;
}

static unsigned char complete(EditLine *el, int key)
{
    struct line_editor *edit = NULL;
    struct words words;
    struct candidates found = {0};
    const LineInfo *info = el_line(el);
    unsigned char result = CC_ERROR;
    (void)key;
    el_get(el, EL_CLIENTDATA, &edit);
    buf_init(&found.shown);
    char **list =
        words_before(&words, bytes_of(info->buffer, (size_t)(info->cursor - info->buffer)));
    if (list != NULL)
        complete_words(edit->cli, list, words.count, take_candidate, &found);
    size_t have = list == NULL ? 0 : strlen(list[words.count - 1]);
    if (found.common != NULL && strlen(found.common) > have) {
        el_insertstr(el, found.common + have);
        if (found.count == 1)
            el_insertstr(el, " ");
        result = CC_REFRESH;
    } else if (found.count == 1) {
        el_insertstr(el, " ");
        result = CC_REFRESH;
    } else if (found.count > 1 && !found.shown.failed) {
        printf("\n%.*s\n", (int)found.shown.len, (const char *)found.shown.data);
        fflush(stdout);
        result = CC_REDISPLAY;
    }
    free(list);
    free(found.common);
    buf_free(&found.shown);
    words_free(&words);
    return result;
}

/* ---- the editor ---- */

static char *show_prompt(EditLine *el)
{
    struct line_editor *edit = NULL;
    el_get(el, EL_CLIENTDATA, &edit);
    static char more[] = "... ";
    return edit->more ? more : edit->prompt;
}

static void set_up(struct line_editor *edit)
{
    HistEvent event;
    const char *server = edit->cli->options.server;
    snprintf(edit->prompt, sizeof edit->prompt, "%s> ", server == NULL ? "127.0.0.1:7600" : server);
    el_set(edit->el, EL_CLIENTDATA, edit);
    el_set(edit->el, EL_PROMPT, show_prompt);
    el_set(edit->el, EL_EDITOR, "emacs");
    el_set(edit->el, EL_HIST, history, edit->history);
    el_set(edit->el, EL_ADDFN, "mgrctl-complete", "complete a word", complete);
    el_set(edit->el, EL_BIND, "^I", "mgrctl-complete", NULL);
    el_source(edit->el, NULL);
    history(edit->history, &event, H_SETSIZE, HISTORY_LINES);
    history(edit->history, &event, H_SETUNIQUE, 1);
    find_history(edit);
    if (edit->file[0] != '\0')
        history(edit->history, &event, H_LOAD, edit->file);
}

struct line_editor *line_editor_new(struct cli *cli)
{
    struct line_editor *edit = calloc(1, sizeof *edit);
    if (edit == NULL)
        return NULL;
    edit->cli = cli;
    edit->history = history_init();
    edit->el = el_init("mgrctl", stdin, stdout, stderr);
    if (edit->history == NULL || edit->el == NULL) {
        line_editor_free(edit);
        return NULL;
    }
    set_up(edit);
    return edit;
}

bool line_editor_line(struct line_editor *edit, bool more, struct bytes *line)
{
    HistEvent event;
    int count = 0;
    edit->more = more;
    const char *text = el_gets(edit->el, &count);
    if (text == NULL && signals_interrupted() && !signals_ended()) {
        signals_clear();
        el_reset(edit->el);
        printf("\n");
        *line = bytes_of(NULL, 0);
        return true;
    }
    if (text == NULL || count <= 0)
        return false;
    free(edit->line);
    edit->line = strndup(text, (size_t)count);
    if (edit->line == NULL)
        return false;
    if (strspn(edit->line, " \t\r\n") < (size_t)count)
        history(edit->history, &event, H_ENTER, edit->line);
    edit->line[strcspn(edit->line, "\n")] = '\0';
    *line = bytes_text(edit->line);
    return true;
}

void line_editor_free(struct line_editor *edit)
{
    HistEvent event;
    if (edit->el != NULL)
        el_end(edit->el);
    if (edit->history != NULL) {
        mode_t before = umask(PRIVATE_MASK); /* values may be secrets */
        if (edit->file[0] != '\0')
            history(edit->history, &event, H_SAVE, edit->file);
        umask(before);
        history_end(edit->history);
    }
    free(edit->line);
    free(edit);
}
