#include "reports/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES = QUEUE_PATH_MAX + 512,
    AHEAD_BYTES = 2 << 20, /* of a package that is read ahead: a larger one takes its time on any line */
};

struct loading {
    struct parcel *p;
    const struct parcel_source *source;
    const struct outlet_driver *driver;
    const struct outlet_setup *setup;
    const struct queue_item *item;
    bool valid_only;
    const char *now;
};

static void path_of(const struct parcel_source *source, const struct queue_item *item, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", source->folder, item->package.path);
}

void parcel_expect(const struct parcel_source *source, const struct queue_item *item)
{
    char path[PATH_BYTES];
    path_of(source, item, path);
    if (source->ahead && item->package.path[0] && item->package.size <= AHEAD_BYTES)
        ahead_ask(source->ahead, path, item->package.sha256);
}

static int load_package(const struct loading *l, struct err *err)
{
    const struct queue_package *package = &l->item->package;
    struct ahead *ahead = l->source->ahead;
    char path[PATH_BYTES];
    path_of(l->source, l->item, path);
    if ((ahead ? ahead_take(ahead, l->p->loaded, path, package->sha256, err)
               : contents_read_package(l->p->loaded, path, package->sha256, err)) != 0)
        return -1;
    if (l->item->handled && l->source->decision &&
        l->source->decision(l->source->ctx, package->case_id, l->p->loaded, err) != 0)
        return -1;
    return l->driver->maps ? contents_unpack(l->p->loaded, err) : 0;
}

/* "652301-0007-P00000001-P00000500": how many passages, the first one's number, and the length of what stands before
 * it; 1 for anything else. */
static size_t batch_of(const char *id, long long *first, int *prefix)
{
    static const char shape[] = "-P00000001";
    const char *to = strrchr(id, '-');
    long long last = 0;
    char end = '\0';
    *prefix = to ? (int)(to - id) - (int)(sizeof shape - 1) : -1;
    /* NOLINTNEXTLINE(cert-err34-c): so few digits always fit */
    if (*prefix <= 0 || sscanf(id + *prefix, "-P%8lld-P%8lld%c", first, &last, &end) != 2 || last < *first ||
        last - *first >= OUTLET_BATCH_MAX)
        return 1;
    return (size_t)(last - *first + 1);
}

/* The records of a test, a passage, or a batch of passages. */
static int load_records(const struct loading *l, struct err *err)
{
    struct parcel *p = l->p;
    const char *id = l->item->package.case_id;
    char each[QUEUE_CASE_MAX];
    bool alone = l->driver->takes == OUTLET_PASSAGES;
    long long first = 0;
    int prefix = 0;
    size_t count = batch_of(id, &first, &prefix);
    struct contents *more = realloc(p->loaded, count * sizeof *more);
    if (!more)
        return err_set(err, ERR_FAILED, "out of memory");
    p->loaded = more;
    memset(more, 0, count * sizeof *more);
    for (p->loaded_count = 0; p->loaded_count < count; p->loaded_count++) {
        snprintf(each, sizeof each, "%s", id);
        if (count > 1)
            snprintf(each, sizeof each, "%.*s-P%08lld", prefix, id, first + (long long)p->loaded_count);
        if (l->source->load(l->source->ctx, each, alone, &more[p->loaded_count], err) != 0)
            return -1;
    }
    return 0;
}

static int open_record(const struct loading *l, const struct contents *from, struct neutral **out, struct err *err)
{
    const struct neutral_source neutral = {.record = from->record,
                                           .record_length = from->record_length,
                                           .case_json = from->case_json,
                                           .case_length = from->case_length,
                                           .decision = from->decision,
                                           .files = from->files,
                                           .files_count = from->files_count,
                                           .values = l->setup->values,
                                           .values_count = l->setup->values_count,
                                           .violations = l->source->violations,
                                           .violations_count = l->source->violations_count};
    if (!from->record)
        return err_set(err, ERR_INVALID, "there is no record");
    if (neutral_open(out, &neutral, err) != 0)
        return -1;
    neutral_set(*out, "now", l->now);
    return 0;
}

static bool left_out(const struct loading *l, const struct neutral *record)
{
    const char *verdict = neutral_get(record, "verdict");
    return l->valid_only && l->p->loaded_count > 1 && verdict && strcmp(verdict, "invalid") == 0;
}

/* The neutral records; those to be told come first. */
static int open_records(const struct loading *l, struct err *err)
{
    struct parcel *p = l->p;
    p->records = calloc(p->loaded_count, sizeof *p->records); // NOLINT(bugprone-sizeof-expression): of pointers
    p->rejected = calloc(p->loaded_count, sizeof *p->rejected);
    if (!p->records || !p->rejected)
        return err_set(err, ERR_FAILED, "out of memory");
    for (size_t i = 0; i < p->loaded_count; i++) {
        if (open_record(l, &p->loaded[i], &p->records[i], err) != 0)
            return -1;
        if (left_out(l, p->records[i]))
            continue;
        struct neutral *swap = p->records[p->told];
        p->records[p->told++] = p->records[i];
        p->records[i] = swap;
    }
    return 0;
}

int parcel_load(struct parcel *p, const struct parcel_source *source, const struct outlet_driver *driver,
                const struct outlet_setup *setup, const struct queue_item *item, bool valid_only, const char *now,
                struct err *err)
{
    const struct loading l = {p, source, driver, setup, item, valid_only, now};
    *p = (struct parcel){.loaded = calloc(1, sizeof *p->loaded)};
    if (!p->loaded)
        return err_set(err, ERR_FAILED, "out of memory");
    p->loaded_count = 1;
    if ((item->package.path[0] ? load_package(&l, err) : load_records(&l, err)) != 0)
        return -1;
    return driver->maps ? open_records(&l, err) : 0;
}

void parcel_free(struct parcel *p)
{
    for (size_t i = 0; i < p->loaded_count; i++) {
        contents_free(&p->loaded[i]);
        neutral_close(p->records ? p->records[i] : NULL);
    }
    free(p->rejected);
    free(p->records);
    free(p->loaded);
    *p = (struct parcel){0};
}
