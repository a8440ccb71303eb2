#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { AT_ONCE = 16, BODY_TOKENS = 128, LEGACY_AT_ONCE = 64 };

/* ---- seals ---- */

struct cases {
    size_t count;
    struct store_case rows[LEGACY_AT_ONCE];
};

static int take_case(void *ctx, const struct store_case *c)
{
    struct cases *all = ctx;
    all->rows[all->count++] = *c;
    return all->count == LEGACY_AT_ONCE;
}

static int seal(struct live *live, struct store_case *row, struct err *err)
{
    struct store_package package;
    if (store_package_get(live->store, row->id, &package, err) != 0)
        return -1;
    const struct caselife_doing doing = {.act = ACT_SEAL, .role = ROLE_STATION};
    const struct live_case_more more = {.detail = package.sha256};
    return live_case_move(live, row, &doing, &more, err);
}

/* A receiver has that package: what must have happened before that has happened, whether it was told us or not. */
static int receive(struct live *live, struct store_case *row, const char *outlet, struct err *err)
{
    if (row->sealed_event < 0 && live_case_can(row, ACT_SEAL) && seal(live, row, err) != 0)
        return -1;
    if (!live_case_can(row, ACT_RECEIVE))
        return 0;
    const struct caselife_doing doing = {.act = ACT_RECEIVE, .role = ROLE_OUTLET};
    const struct live_case_more more = {.detail = outlet};
    return live_case_move(live, row, &doing, &more, err);
}

static int take_seals(struct live *live, size_t *done, struct err *err)
{
    struct cases *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_case_sealed(live->store, AT_ONCE, take_case, all, err);
    if (result == 0 && all->count > 0)
        result = store_begin(live->store, err);
    for (size_t i = 0; i < all->count && result == 0; i++)
        if ((result = seal(live, &all->rows[i], err)) != 0 ||
            (result = live_case_waiting(live, &all->rows[i], err)) != 0)
            store_rollback(live->store);
    if (result == 0 && all->count > 0)
        result = store_commit(live->store, err);
    *done += all->count;
    free(all);
    return result;
}

/* ---- receipts ---- */

struct receipts {
    size_t count;
    struct receipt {
        char case_id[56], outlet[32], package_sha256[65], receipt_id[80], received_at[40];
    } items[AT_ONCE];
};

/* Reads an object that came from outside, as far as it can be read. */
static bool open_body(struct json_doc *doc, struct json_token *tokens, const char *text)
{
    *doc = (struct json_doc){.tokens = tokens, .max = BODY_TOKENS};
    return text && json_parse(doc, text, strlen(text), tokens, BODY_TOKENS, NULL) == 0 && tokens[0].type == JSON_OBJECT;
}

static void body_text(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    if (!json_get_string(doc, json_member(doc, 0, key), out, size))
        out[0] = '\0';
}

static int take_receipt(void *ctx, const struct store_receipt *receipt)
{
    struct receipts *all = ctx;
    struct receipt *r = &all->items[all->count++];
    struct json_token tokens[BODY_TOKENS];
    struct json_doc doc;
    *r = (struct receipt){0};
    memcpy(r->case_id, receipt->case_id, sizeof r->case_id);
    memcpy(r->outlet, receipt->outlet, sizeof r->outlet);
    memcpy(r->package_sha256, receipt->package_sha256, sizeof r->package_sha256);
    if (open_body(&doc, tokens, receipt->receipt)) {
        body_text(&doc, "receipt_id", r->receipt_id, sizeof r->receipt_id);
        body_text(&doc, "received_at", r->received_at, sizeof r->received_at);
    }
    return all->count == AT_ONCE;
}

static int save_receipt(struct live *live, const struct receipt *r, struct err *err)
{
    char text[1024];
    uint64_t index;
    struct store_case row;
    struct entries e = {0};
    entries_text(&e, "case", r->case_id);
    entries_text(&e, "outlet", r->outlet);
    entries_text(&e, "package_sha256", r->package_sha256);
    entries_text(&e, "receipt_id", r->receipt_id);
    entries_text(&e, "received_at", r->received_at);
    if (live_journal_append(live, "receipt", &e, text, sizeof text, &index, err) != 0 ||
        store_receipt_journaled(live->store, r->case_id, r->outlet, err) != 0 ||
        store_case_get(live->store, r->case_id, &row, err) != 0 || receive(live, &row, r->outlet, err) != 0)
        return -1;
    return live_case_waiting(live, &row, err);
}

static int take_receipts(struct live *live, size_t *done, struct err *err)
{
    struct receipts *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_receipt_list(live->store, AT_ONCE, take_receipt, all, err);
    if (result == 0 && all->count > 0)
        result = store_begin(live->store, err);
    for (size_t i = 0; i < all->count && result == 0; i++)
        if ((result = save_receipt(live, &all->items[i], err)) != 0)
            store_rollback(live->store);
    if (result == 0 && all->count > 0)
        result = store_commit(live->store, err);
    *done += all->count;
    free(all);
    return result;
}

/* ---- decisions ---- */

struct decision {
    struct store_decision row; /* without body */
    char number[CASELIFE_NUMBER_MAX], note[STORE_REASON_MAX];
    int ground;
};

struct decisions {
    size_t count;
    struct decision items[AT_ONCE];
};

static int take_decision(void *ctx, const struct store_decision *row)
{
    struct decisions *all = ctx;
    struct decision *d = &all->items[all->count++];
    struct json_token tokens[BODY_TOKENS];
    struct json_doc doc;
    int64_t ground = 0;
    *d = (struct decision){.row = *row};
    d->row.body = NULL;
    if (open_body(&doc, tokens, row->body)) {
        body_text(&doc, "number", d->number, sizeof d->number);
        body_text(&doc, "note", d->note, sizeof d->note);
        if (json_get_integer(&doc, json_member(&doc, 0, "ground"), &ground) && ground > 0 && ground <= CASELIFE_GROUNDS)
            d->ground = (int)ground;
    }
    return all->count == AT_ONCE;
}

/* What a receiver's word is among our acts; a case that is entered already is removed, not returned. */
static enum case_act act_of(const struct store_case *c, const char *kind)
{
    static const struct {
        const char *kind;
        enum case_act act;
    } words[] = {
        {"police-review", ACT_POLICE_REVIEW},
        {"accepted", ACT_ENTER},
        {"entered", ACT_ENTER},
        {"returned", ACT_POLICE_RETURN},
        {"handled-on-site", ACT_HANDLE},
        {"notified", ACT_NOTIFY},
        {"objected", ACT_OBJECT},
        {"upheld", ACT_UPHOLD},
        {"dismissed", ACT_DISMISS},
        {"removed", ACT_REMOVE},
        {"penalised", ACT_PENALISE},
        {"paid", ACT_PAY},
        {"rectified", ACT_REPAIR},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].kind, kind) == 0)
            return words[i].act == ACT_POLICE_RETURN && live_case_can(c, ACT_REMOVE) ? ACT_REMOVE : words[i].act;
    return ACT_COUNT;
}

/* Has the case been given out of our hands? Before that no decision about it can have its effect. */
static bool is_out(const struct store_case *row)
{
    static const enum case_state before[] = {CASE_NONE,    CASE_EXCEEDED,     CASE_REVIEW1,
                                             CASE_REVIEW2, CASE_SEND_ORDERED, CASE_SEALED};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        if (strcmp(row->state, caselife_state_name(before[i])) == 0)
            return false;
    return true;
}

/* A supervisor looks at what the receiver has decided and the case cannot follow: a second penalty above all. */
static int no_effect(struct live *live, const struct store_case *row, const struct decision *d, const char *why,
                     struct err *err)
{
    struct entries e = {0};
    entries_text(&e, "decision", d->row.kind);
    entries_integer(&e, "n", d->row.n);
    entries_text(&e, "number", d->number);
    entries_text(&e, "outlet", d->row.outlet);
    entries_text(&e, "state", row->state);
    entries_text(&e, "why", why);
    bool twice = strcmp(d->row.kind, "penalised") == 0;
    return live_alert(live, twice ? "penalised-twice" : "decision-without-effect", row->subject, &e, err);
}

/* The same told again, by the same or another receiver, changes nothing. */
static bool is_repeated(const struct store_case *row, const struct decision *d, enum case_act act)
{
    static const struct {
        enum case_act act;
        enum case_state state;
    } after[] = {{ACT_ENTER, CASE_ENTERED},          {ACT_POLICE_REVIEW, CASE_POLICE_REVIEW},
                 {ACT_NOTIFY, CASE_NOTIFIED},        {ACT_PENALISE, CASE_PENALISED},
                 {ACT_PENALISE, CASE_PAID},          {ACT_PAY, CASE_PAID},
                 {ACT_POLICE_RETURN, CASE_RETURNED}, {ACT_REMOVE, CASE_REMOVED}};
    if (act == ACT_PENALISE && strcmp(row->number, d->number) != 0)
        return false;
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        if (after[i].act == act && strcmp(row->state, caselife_state_name(after[i].state)) == 0)
            return true;
    return act == ACT_REPAIR && strcmp(row->repair, caselife_repair_name(REPAIR_NONE)) != 0;
}

static int apply_decision(struct live *live, struct store_case *row, const struct decision *d, struct err *err)
{
    char detail[80];
    struct err why = {0};
    snprintf(detail, sizeof detail, "%s:%" PRId64, d->row.outlet, d->row.n);
    if (!is_out(row))
        return 0; /* it waits */
    if (receive(live, row, detail, err) != 0)
        return -1;
    enum case_act act = act_of(row, d->row.kind);
    struct caselife_doing doing = {.act = act,
                                   .role = ROLE_OUTLET,
                                   .reason = d->note[0] ? d->note : d->row.kind,
                                   .number = d->number,
                                   .ground = d->ground};
    const struct live_case_more more = {.detail = detail};
    int result;
    if (act == ACT_COUNT)
        result = no_effect(live, row, d, "not a word that is known here", err);
    else if (live_case_can(row, act))
        result = live_case_move(live, row, &doing, &more, &why);
    else
        result = is_repeated(row, d, act) ? 0 : no_effect(live, row, d, "the case cannot follow it any more", err);
    if (why.code == ERR_INVALID)
        result = no_effect(live, row, d, why.text, err);
    else if (why.code)
        return err_set(err, why.code, "%s", why.text);
    return result == 0 ? store_decision_mark(live->store, d->row.outlet, d->row.n, DECISION_DONE, err) : -1;
}

int live_case_waiting(struct live *live, struct store_case *row, struct err *err)
{
    struct decisions *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_decision_list(live->store, row->id, true, take_decision, all, err);
    for (size_t i = 0; i < all->count && result == 0; i++)
        result = apply_decision(live, row, &all->items[i], err);
    free(all);
    return result;
}

static int save_decision(struct live *live, const struct decision *d, struct err *err)
{
    char text[2048];
    uint64_t index;
    struct store_case row;
    struct entries e = {0};
    entries_text(&e, "case", d->row.case_id);
    entries_text(&e, "decided_at", d->row.at);
    entries_text(&e, "decision", d->row.kind);
    if (d->ground)
        entries_integer(&e, "ground", d->ground);
    entries_integer(&e, "n", d->row.n);
    entries_text(&e, "note", d->note);
    entries_text(&e, "number", d->number);
    entries_text(&e, "outlet", d->row.outlet);
    entries_text(&e, "package_sha256", d->row.package_sha256);
    enum store_decision_stage stage = d->row.case_id[0] ? DECISION_WAITING : DECISION_DONE;
    if (live_journal_append(live, "decision", &e, text, sizeof text, &index, err) != 0 ||
        store_decision_mark(live->store, d->row.outlet, d->row.n, stage, err) != 0)
        return -1;
    log_notice("decision %" PRId64 " of %s about %s: %s", d->row.n, d->row.outlet,
               d->row.case_id[0] ? d->row.case_id : d->row.package_sha256, d->row.kind);
    if (stage == DECISION_DONE)
        return 0;
    return store_case_get(live->store, d->row.case_id, &row, err) != 0 ? -1 : live_case_waiting(live, &row, err);
}

static int take_decisions(struct live *live, size_t *done, struct err *err)
{
    struct decisions *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_decision_new(live->store, AT_ONCE, take_decision, all, err);
    if (result == 0 && all->count > 0)
        result = store_begin(live->store, err);
    for (size_t i = 0; i < all->count && result == 0; i++)
        if ((result = save_decision(live, &all->items[i], err)) != 0)
            store_rollback(live->store);
    if (result == 0 && all->count > 0)
        result = store_commit(live->store, err);
    *done += all->count;
    free(all);
    return result;
}

/* ---- all of them ---- */

/* In the order in which they happened: no decision before the receipts that are known. */
void live_case_news(struct live *live)
{
    size_t done = 0;
    struct err err = {0};
    int result = take_seals(live, &done, &err);
    if (result == 0)
        result = take_receipts(live, &done, &err);
    if (result == 0)
        result = take_decisions(live, &done, &err);
    if (result != 0 || done > 0)
        live_journal_health(live, result == 0 ? NULL : &err);
}

/* ---- an older version's cases ---- */

/* There was one state, "sealing", and everything was delivered by itself. */
static const char legacy[] = "sealing";

static int note_delivery(void *ctx, const struct store_outbox_row *row)
{
    enum case_state *state = ctx;
    if (strcmp(row->state, "sent") == 0)
        *state = CASE_RECEIVED;
    else if (row->outlet[0] && *state == CASE_SEALED)
        *state = CASE_SUBMITTED;
    return 0;
}

static int upgrade(struct live *live, struct store_case *row, struct err *err)
{
    struct store_package package;
    struct err none = {0};
    enum case_state state = CASE_EXCEEDED;
    bool sealed = store_package_get(live->store, row->id, &package, &none) == 0;
    if (sealed) {
        state = CASE_SEALED;
        if (store_outbox_of(live->store, row->subject, note_delivery, &state, err) != 0)
            return -1;
    }
    return live_case_adopt(live, row, state, sealed ? package.sha256 : NULL, err);
}

int live_case_upgrade(struct live *live, struct err *err)
{
    struct cases *all = calloc(1, sizeof *all);
    if (!all)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = 0;
    do {
        all->count = 0;
        result = store_case_list(live->store, NULL, legacy, LEGACY_AT_ONCE, take_case, all, err);
        if (result == 0 && all->count > 0)
            result = store_begin(live->store, err);
        for (size_t i = 0; i < all->count && result == 0; i++)
            if ((result = upgrade(live, &all->rows[i], err)) != 0)
                store_rollback(live->store);
        if (result == 0 && all->count > 0)
            result = store_commit(live->store, err);
    } while (result == 0 && all->count == LEGACY_AT_ONCE);
    free(all);
    return result;
}
