#include "reports/inbox_db.h"

#include <stdio.h>
#include <string.h>

const char *inbox_state_name(enum inbox_state state)
{
    static const char *const names[INBOX_STATE_COUNT] = {"waiting",   "accepted", "returned",       "notified",
                                                         "penalised", "paid",     "handled-on-site"};
    return names[state];
}

/* ---- the order of the law ---- */

#define FROM(state) (1U << INBOX_##state)

/* What may be decided, where the package must stand for it, and what must be told with it. */
struct rule {
    const char *word;
    unsigned from;
    bool needs_ground, needs_number, may_amount, may_basis;
};

static const struct rule rules[] = {
    {"accepted", FROM(WAITING), false, false, false, false},
    {"returned", FROM(WAITING) | FROM(ACCEPTED) | FROM(NOTIFIED), true, false, false, false},
    {"notified", FROM(ACCEPTED), false, false, false, false},
    {"penalised", FROM(ACCEPTED) | FROM(NOTIFIED), false, true, true, true},
    {"paid", FROM(PENALISED), false, false, true, false},
    {"handled-on-site", FROM(WAITING) | FROM(ACCEPTED) | FROM(NOTIFIED), false, true, false, false},
    {"rectified", ~FROM(RETURNED), false, false, false, false}, /* beside the others: the package stays where it is */
};

static const struct rule *find_rule(const char *word)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].word, word) == 0)
            return &rules[i];
    return NULL;
}

static unsigned state_bit(const char *name)
{
    for (int i = 0; i < INBOX_STATE_COUNT; i++)
        if (strcmp(inbox_state_name((enum inbox_state)i), name) == 0)
            return 1U << i;
    return 0;
}

static bool is_rectified(const char *decision)
{
    return strcmp(decision, "rectified") == 0;
}

bool inbox_may_follow(const struct inbox_package *p, const char *decision)
{
    const struct rule *rule = find_rule(decision);
    return rule && (rule->from & state_bit(p->state)) && !(is_rectified(decision) && p->rectified);
}

bool inbox_officer_ok(const char *number)
{
    size_t length = strlen(number);
    return length > 0 && length < INBOX_OFFICER_MAX &&
           strspn(number, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == length;
}

/* "200", "200.5", "200.00": yuan, at most two decimals */
static bool is_amount(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || whole > 9)
        return false;
    if (text[whole] == '\0')
        return true;
    size_t cents = strspn(text + whole + 1, "0123456789");
    return text[whole] == '.' && cents >= 1 && cents <= 2 && text[whole + 1 + cents] == '\0';
}

static int check(const struct inbox_decision *d, struct err *err)
{
    const struct rule *rule = find_rule(d->decision);
    if (!rule)
        return err_set(err, ERR_INVALID,
                       "'%s' is no decision: accepted, returned, notified, penalised, paid, handled-on-site or "
                       "rectified",
                       d->decision);
    if (rule->needs_ground ? d->ground < 1 || d->ground > 8 : d->ground != 0)
        return err_set(err, ERR_INVALID, "a return, and nothing else, needs one of the grounds 1 to 8");
    if (d->ground == 8 && d->note[0] == '\0')
        return err_set(err, ERR_INVALID, "ground 8 (other) needs a note that says which");
    if (rule->needs_number != (d->number[0] != '\0'))
        return err_set(err, ERR_INVALID,
                       "penalised and handled-on-site, and nothing else, need the number of the decision");
    if (d->amount[0] && (!rule->may_amount || !is_amount(d->amount)))
        return err_set(err, ERR_INVALID, "'%s' is no amount in yuan for %s", d->amount, d->decision);
    if (d->basis[0] && !rule->may_basis)
        return err_set(err, ERR_INVALID, "a legal basis goes with a penalty only");
    if (!inbox_officer_ok(d->officer))
        return err_set(err, ERR_INVALID, "who decides? An officer's number is needed: letters, digits and '-'");
    return 0;
}

/* ---- keeping ---- */

static int insert(struct inbox_store *s, const struct inbox_package *p, const struct inbox_decision *d,
                  const char *client, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s,
                                       "INSERT INTO decision(package, at_ms, decision, ground, number, note, amount,"
                                       " basis, officer, client) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                                       err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, p->id);
    sqlite3_bind_int64(q, 2, d->at_ms);
    inbox_db_bind(q, 3, d->decision);
    sqlite3_bind_int(q, 4, d->ground);
    inbox_db_bind(q, 5, d->number);
    inbox_db_bind(q, 6, d->note);
    inbox_db_bind(q, 7, d->amount);
    inbox_db_bind(q, 8, d->basis);
    inbox_db_bind(q, 9, d->officer);
    inbox_db_bind(q, 10, client);
    return inbox_db_finish(s, q, err);
}

static int set_state(struct inbox_store *s, const struct inbox_package *p, const char *decision, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s,
                                       is_rectified(decision) ? "UPDATE package SET rectified = 1 WHERE id = ?1"
                                                              : "UPDATE package SET state = ?2 WHERE id = ?1",
                                       err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, p->id);
    if (!is_rectified(decision))
        inbox_db_bind(q, 2, decision);
    return inbox_db_finish(s, q, err);
}

static int decide(struct inbox_store *s, const struct inbox_decision *d, const char *client, struct err *err)
{
    struct inbox_package p = {0};
    struct inbox_audit entry = {.at_ms = d->at_ms, .act = "decide"};
    int found = inbox_store_find(s, d->sha256, &p, err);
    if (found <= 0)
        return found < 0 ? -1 : err_set(err, ERR_INVALID, "no package with SHA-256 %s has arrived", d->sha256);
    if (!inbox_may_follow(&p, d->decision))
        return err_set(err, ERR_REFUSED, "%s is %s%s; it cannot become %s now", p.record, p.state,
                       p.rectified ? " and rectified" : "", d->decision);
    snprintf(entry.client, sizeof entry.client, "%s", client);
    snprintf(entry.officer, sizeof entry.officer, "%s", d->officer);
    snprintf(entry.sha256, sizeof entry.sha256, "%s", d->sha256);
    snprintf(entry.detail, sizeof entry.detail, "%s", d->decision);
    if (insert(s, &p, d, client, err) || set_state(s, &p, d->decision, err))
        return -1;
    return inbox_store_audit(s, &entry, err);
}

int inbox_store_decide(struct inbox_store *s, const struct inbox_decision *d, const char *client, struct err *err)
{
    if (check(d, err) || inbox_db_run(s, "BEGIN IMMEDIATE", err))
        return -1;
    if (decide(s, d, client, err) == 0 && inbox_db_run(s, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

/* ---- reading ---- */

int inbox_store_newest(struct inbox_store *s, const char *sender, int64_t *n, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(
        s, "SELECT max(n) FROM decision JOIN package ON package.id = decision.package WHERE" INBOX_DB_SENT_BY("?1"),
        err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, sender);
    int code = sqlite3_step(q);
    *n = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? 0 : inbox_db_error(s, err);
}

#define DECISION_COLUMNS                                                                                               \
    "SELECT n, at_ms, sha256, record, decision, ground, number, note, amount, basis, officer FROM decision"            \
    " JOIN package ON package.id = decision.package "

/* Walks over a prepared statement of DECISION_COLUMNS, and ends it. */
static int walk(struct inbox_store *s, sqlite3_stmt *q, void (*each)(void *ctx, const struct inbox_decision *d),
                void *ctx, struct err *err)
{
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct inbox_decision d = {.n = sqlite3_column_int64(q, 0), .at_ms = sqlite3_column_int64(q, 1)};
        inbox_db_column(q, 2, d.sha256, sizeof d.sha256);
        inbox_db_column(q, 3, d.record, sizeof d.record);
        inbox_db_column(q, 4, d.decision, sizeof d.decision);
        d.ground = sqlite3_column_int(q, 5);
        inbox_db_column(q, 6, d.number, sizeof d.number);
        inbox_db_column(q, 7, d.note, sizeof d.note);
        inbox_db_column(q, 8, d.amount, sizeof d.amount);
        inbox_db_column(q, 9, d.basis, sizeof d.basis);
        inbox_db_column(q, 10, d.officer, sizeof d.officer);
        each(ctx, &d);
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : inbox_db_error(s, err);
}

int inbox_store_decisions(struct inbox_store *s, const char *sender, int64_t after, int limit,
                          void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err)
{
    sqlite3_stmt *q =
        inbox_db_prepare(s, DECISION_COLUMNS "WHERE n > ?1 AND" INBOX_DB_SENT_BY("?2") " ORDER BY n LIMIT ?3", err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, after);
    inbox_db_bind(q, 2, sender);
    sqlite3_bind_int(q, 3, limit);
    return walk(s, q, each, ctx, err);
}

int inbox_store_decisions_of(struct inbox_store *s, int64_t package,
                             void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s, DECISION_COLUMNS "WHERE package = ?1 ORDER BY n", err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, package);
    return walk(s, q, each, ctx, err);
}

/* ---- who has looked ---- */

static int count_download(struct inbox_store *s, const char *sha256, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s, "UPDATE package SET downloads = downloads + 1 WHERE sha256 = ?1", err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, sha256);
    return inbox_db_finish(s, q, err);
}

int inbox_store_audit(struct inbox_store *s, const struct inbox_audit *entry, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s,
                                       "INSERT INTO audit(at_ms, client, officer, act, package, detail) VALUES(?1, ?2,"
                                       " ?3, ?4, (SELECT id FROM package WHERE sha256 = ?5), ?6)",
                                       err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, entry->at_ms);
    inbox_db_bind(q, 2, entry->client);
    inbox_db_bind(q, 3, entry->officer);
    inbox_db_bind(q, 4, entry->act);
    inbox_db_bind(q, 5, entry->sha256);
    inbox_db_bind(q, 6, entry->detail);
    if (inbox_db_finish(s, q, err))
        return -1;
    return strcmp(entry->act, "download") == 0 ? count_download(s, entry->sha256, err) : 0;
}

int inbox_store_audit_list(struct inbox_store *s, int64_t before, int limit,
                           void (*each)(void *ctx, const struct inbox_audit *entry), void *ctx, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s,
                                       "SELECT n, at_ms, client, officer, act, ifnull(sha256, ''), ifnull(plate, ''),"
                                       " detail FROM audit LEFT JOIN package ON package.id = audit.package"
                                       " WHERE n < ?1 ORDER BY n DESC LIMIT ?2",
                                       err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, before > 0 ? before : INT64_MAX);
    sqlite3_bind_int(q, 2, limit);
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct inbox_audit e = {.n = sqlite3_column_int64(q, 0), .at_ms = sqlite3_column_int64(q, 1)};
        inbox_db_column(q, 2, e.client, sizeof e.client);
        inbox_db_column(q, 3, e.officer, sizeof e.officer);
        inbox_db_column(q, 4, e.act, sizeof e.act);
        inbox_db_column(q, 5, e.sha256, sizeof e.sha256);
        inbox_db_column(q, 6, e.plate, sizeof e.plate);
        inbox_db_column(q, 7, e.detail, sizeof e.detail);
        each(ctx, &e);
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : inbox_db_error(s, err);
}
