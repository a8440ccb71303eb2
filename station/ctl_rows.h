/*
 * Rows of the station's files as smogctl shows them, for people or as JSON: what a list of one kind and the answer
 * about a vehicle have in common. Each ctl_rows_… is a callback of the store's list of that kind with a struct
 * ctl_rows.
 */
#ifndef STATION_CTL_ROWS_H
#define STATION_CTL_ROWS_H

#include "station/core/deadline.h"
#include "station/ctl.h"

/* A walk through rows: what is asked for, where it goes, and how many there were. */
struct ctl_rows {
    struct ctl *ctl;
    struct json_writer *w; /* NULL: for people */
    struct json_writer writer;
    const char *plate, *colour;
    int64_t since_ms, now_ms;
    int limit, count;
    bool failed; /* a row could not be written: *err says why */
    struct err err;
};

/* An array of an answer in JSON; nothing for people. */
void ctl_rows_begin(struct ctl_rows *rows, const char *key);
void ctl_rows_end(struct ctl_rows *rows);
void ctl_rows_time(const struct ctl_rows *rows, const char *key, int64_t unix_ms); /* null for 0 */

/* ---- ctl_show.c ---- */
/* The answer of a command that lists: `write` writes for people, or the keys of one object. */
int ctl_rows_object(struct ctl_rows *rows, int (*write)(struct ctl_rows *rows, struct err *err), struct err *err);
/* "daemon_running" and "ok"; nothing for people. */
void ctl_rows_ok(struct ctl_rows *rows);
int ctl_rows_test(void *ctx, const struct store_test *t);
int ctl_rows_passage(void *ctx, const struct store_passage *p);
int ctl_rows_alert(void *ctx, const struct store_alert *a);
int ctl_rows_case(void *ctx, const struct store_outbox_row *row);
/* ---- ctl_statement.c ---- */
int ctl_rows_statements(struct ctl_rows *rows, const char *test, struct err *err);
/* ---- ctl_checklist.c ---- */
int ctl_rows_referral(void *ctx, const struct store_referral *r);

/* ---- ctl_case.c ---- */
enum { CTL_DUE_MAX = 16 };
struct ctl_due {
    size_t count;
    struct deadline_due items[CTL_DUE_MAX];
};
/* The deadlines that run in that case; config_deadlines must have been called. */
int ctl_case_due(struct ctl *ctl, const struct store_case *c, struct ctl_due *due, struct err *err);

#endif
