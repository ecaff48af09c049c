/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts the words of files with eight processes that share one dict.
 *
 *     wordcount DICT FILE...
 *
 * A word is [A-Za-z]+, in lower case. Each process is a client of its own and adds to the same dict
 * with the atomic operation `incr`, many requests on their way at a time; none knows of the others.
 * At the end the parent prints "COUNT WORD" lines, in no order. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mgr.h>

enum { PROCESSES = 8 };

static void fail(const struct mgr *m, const char *what)
{
    fprintf(stderr, "wordcount: %s: %s\n", what, mgr_error(m));
    exit(EXIT_FAILURE);
}

static bool is_letter(int c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A word that grows as needed. */
struct word {
    char *text;
    size_t len, room;
};

static void add_letter(struct word *word, int c)
{
    if (word->len == word->room) {
        word->room = word->room == 0 ? 64 : word->room * 2;
        word->text = realloc(word->text, word->room);
        if (word->text == NULL)
            abort();
    }
    word->text[word->len++] = (char)tolower(c);
}

static void count_file(struct mgr *m, const char *dict, const char *path)
{
    struct word word = {NULL, 0, 0};
    int c;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    do {
        c = getc(file);
        if (is_letter(c)) {
            add_letter(&word, c);
        } else if (word.len > 0) {
            /* in a pipeline: this only sends, and waits when too many are on their way */
            if (mgr_dict_incr(m, dict, mgr_strn(word.text, word.len), MGR_ABSENT, NULL) != MGR_OK)
                fail(m, path);
            word.len = 0;
        }
    } while (c != EOF);
    free(word.text);
    fclose(file);
}

/* One process: every eighth file. */
static int work(const char *dict, char **files, int count, int first)
{
    struct mgr *m;
    if (mgr_open(&m, NULL) != MGR_OK)
        fail(m, "open");
    mgr_pipeline_begin(m, NULL, NULL);
    for (int i = first; i < count; i += PROCESSES)
        count_file(m, dict, files[i]);
    if (mgr_pipeline_end(m) != MGR_OK)
        fail(m, "count");
    mgr_close(m);
    return EXIT_SUCCESS;
}

static bool run_all(const char *dict, char **files, int count)
{
    bool ok = true;
    int status;
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();
        if (pid == 0)
            exit(work(dict, files, count, i));
        ok = ok && pid > 0;
    }
    while (wait(&status) > 0)
        ok = ok && status == 0;
    return ok;
}

static void print_all(struct mgr *m, const char *dict)
{
    struct mgr_scan *scan;
    struct mgr_view word, count;
    const char *text = "";
    size_t len = 0;
    int64_t n = 0;
    bool more;
    if (mgr_scan_open(m, dict, &scan) != MGR_OK)
        fail(m, dict);
    while (mgr_scan_next(scan, &more, &word, &count) == MGR_OK && more)
        if (mgr_as_str(word, &text, &len) && mgr_as_int(count, &n))
            printf("%lld %.*s\n", (long long)n, (int)len, text);
    if (mgr_last_status(m) != MGR_OK)
        fail(m, dict);
    mgr_scan_close(scan);
}

int main(int argc, char **argv)
{
    struct mgr *m;
    struct mgr_value *ref = NULL;
    if (argc < 3) {
        fputs("usage: wordcount DICT FILE...\n", stderr);
        return 64;
    }
    if (mgr_open(&m, NULL) != MGR_OK ||
        mgr_object_create(m, &(struct mgr_object_create){.name = argv[1], .type = "dict"}, &ref) !=
            MGR_OK)
        fail(m, argv[1]);
    mgr_value_free(ref);
    if (!run_all(argv[1], argv + 2, argc - 2))
        return EXIT_FAILURE;
    print_all(m, argv[1]);
    mgr_close(m);
    return EXIT_SUCCESS;
}
