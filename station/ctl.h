/*
 * smogctl's parts. A command gets its words and options, prints its answer and returns 0, or -1 with *err, whose code
 * is the exit code.
 *
 * What is stored is read from the files, whether smogd runs or not; what lives is asked of smogd.
 *
 * smogctl.c      options and the table of commands
 * ctl_call.c     the control socket, the store, printing
 * ctl_live.c     status, instruments, zero, span, outbox retry and release
 * ctl_check.c    zero, span, leak-test, check list, check show; ctl_check_again.c: their recomputation
 * ctl_test.c     test start, watch, confirm, bypass-warm, observe, abort, void
 * ctl_readings.c test list, readings; ctl_statement.c: statement; ctl_sequence.c: sequence
 * ctl_words.c    what prompts, verdicts and quantities are called
 * ctl_show.c     test show, passes, alerts, outbox list and show
 * ctl_case.c     case list, show; ctl_case_act.c: all acts; ctl_officer.c: officer add, list, disable
 * ctl_pin.c      officer pin, and what the console asks about PINs
 * ctl_plate.c    plate; ctl_dossier.c: as a PDF
 * ctl_plates.c   plates suggest
 * ctl_print.c    print: the slip on the receipt printer
 * ctl_slip.c     slip: as text
 * ctl_paper.c    slip: as a page; ctl_document.c: notice, document
 * ctl_journal.c  journal verify, export
 * ctl_checkpoint.c  journal checkpoint
 * ctl_backup.c  backup, restore
 * ctl_tiles.c  journal tiles
 * ctl_ratchet.c  journal ratchet, and its part of journal verify
 * ctl_witness.c  journal witness-request, witness-import, witnessed
 * ctl_rejudge.c  rejudge, package
 * ctl_probe.c    instruments --probe
 * ctl_rules.c    rules list, unconfirmed
 * ctl_roster.c   roster import, list, report, absent
 * ctl_codes.c    codes
 * ctl_history.c  history export, import; ctl_certificate.c: the sealing certificate, for it and journal checkpoint
 * ctl_photo.c    photo add, list
 * ctl_bulletin.c  bulletin
 * ctl_export.c   export
 * ctl_funnel.c   the bulletin's table of cases; ctl_uptime.c: of instruments
 * ctl_checklist.c  checklist, checklist start, answer, end; referrals
 */
#ifndef STATION_CTL_H
#define STATION_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/paper.h"
#include "station/config.h"
#include "station/core/err.h"
#include "station/core/json.h"
#include "station/entries.h"
#include "station/store.h"

enum {
    CTL_FACTS_MAX = 24,
    CTL_LINE_MAX = 256 << 10,
    CTL_TOKENS_MAX = 16384,
    CTL_OUT_MAX = 16 << 20,
    CTL_WORDS_MAX = 15
};

struct ctl {
    /* the command line */
    const char *file;
    bool entries; /* tiles: the events, too */
    const char *ratchet;
    bool records;
    bool json, invalid, probe, hide, due;
    const char *plate, *colour, *method, *reason, *officer, *since, *output, *filter, *outlet, *consistency, *limit,
        *from, *to, *name, *instrument, *result, *suggestion, *confirm, *photo, *remark, *value, *ca, *kind, *zone,
        *encoding, *size, *lang, *layout, *officer2, *police, *number, *ground, *until, *role, *certificate, *state;
    const char *facts[CTL_FACTS_MAX]; /* "key=value" */
    size_t facts_count;
    const char *words[CTL_WORDS_MAX]; /* after the command's own */
    size_t words_count;
    /* opened when first needed */
    struct config *config;
    struct store *store;
    int socket;
    char *line; /* the last answer of smogd */
    size_t line_length, line_used;
    struct json_doc doc;
    struct json_token *tokens;
    bool daemon_running;
    bool answered; /* what was asked is printed; a code other than 0 is part of that answer */
};

typedef int ctl_command(struct ctl *ctl, struct err *err);

ctl_command ctl_status, ctl_lockout_clear, ctl_instruments, ctl_order, ctl_outbox_retry, ctl_outbox_release;
ctl_command ctl_zero, ctl_span, ctl_leak_test, ctl_check_list, ctl_check_show;
ctl_command ctl_test_start, ctl_test_watch, ctl_test_confirm, ctl_test_bypass, ctl_test_observe, ctl_test_abort,
    ctl_test_void;
ctl_command ctl_test_show, ctl_passes, ctl_plate, ctl_plates_suggest, ctl_outbox_list, ctl_outbox_show;
ctl_command ctl_test_list, ctl_test_readings, ctl_statement, ctl_sequence;
ctl_command ctl_notice, ctl_document, ctl_document_list;
ctl_command ctl_slip, ctl_print, ctl_journal_verify, ctl_journal_export, ctl_journal_checkpoint, ctl_rejudge,
    ctl_package;
ctl_command ctl_roster_import, ctl_roster_list, ctl_roster_report, ctl_roster_absent;
ctl_command ctl_history_export, ctl_history_import;
ctl_command ctl_bulletin, ctl_export;
ctl_command ctl_codes, ctl_alerts, ctl_rules_list, ctl_rules_unconfirmed;
ctl_command ctl_checklist, ctl_checklist_start, ctl_checklist_answer, ctl_checklist_end, ctl_referrals;
ctl_command ctl_photo_add, ctl_photo_list;
ctl_command ctl_backup, ctl_restore, ctl_journal_tiles, ctl_journal_ratchet;
ctl_command ctl_witness_request, ctl_witness_import, ctl_witnessed;
ctl_command ctl_case_list, ctl_case_show, ctl_case_act, ctl_officer_add, ctl_officer_list, ctl_officer_disable;
ctl_command ctl_officer_pin, ctl_officer_check_pin, ctl_officer_hash_pin;
/* --ratchet KEYFILE: the seals of the journal. */
int ctl_ratchet_verify(struct ctl *ctl, struct store_ratchet_result *r, struct err *err);
int ctl_probe(struct ctl *ctl, struct err *err);

/* ---- ctl_call.c ---- */
int ctl_load_config(struct ctl *ctl, struct err *err);
/* Sends a command with its arguments and reads the answer into ctl->doc. An answer "no" becomes *err with its code. */
int ctl_call(struct ctl *ctl, const char *command, struct entries *arguments, struct err *err);
/* The same with an open file, which smogd reads: it stays the caller's. */
int ctl_call_with_file(struct ctl *ctl, const char *command, struct entries *arguments, int file, struct err *err);
/* smogd's last line as it came; returns 0. */
int ctl_print_line(const struct ctl *ctl);
/* The next line of a watch: 1 there is one in ctl->doc, 0 the end, -1 error. */
int ctl_next_line(struct ctl *ctl, struct err *err);
/* Opens the files for reading; says on stderr when no smogd answers beside them. */
int ctl_open_store(struct ctl *ctl, struct err *err);
/* The certificate of the sealing key as it is configured, PEM; malloc'ed. ERR_UNREACHABLE: a credential that this
 * account may not read. */
int ctl_seal_certificate(struct ctl *ctl, char **pem, size_t *length, struct err *err);
/* The words behind --vehicle or --facts as a JSON object. */
int ctl_facts(const struct ctl *ctl, char *out, size_t size, struct err *err);
/* A note of smogpush; for store_push_notes, with the ctl. */
int ctl_print_note(void *ctx, const char *about, const char *text, int64_t since_ms);
void ctl_close(struct ctl *ctl);

/* A text or number member of the object token `object` of ctl->doc; "" or 0 where there is none. `text` is valid until
 * the fourth call after. */
const char *ctl_text(const struct ctl *ctl, ptrdiff_t object, const char *key);
int64_t ctl_integer(const struct ctl *ctl, ptrdiff_t object, const char *key);

/* A growing answer for --json: room of CTL_OUT_MAX, printed as one line. */
int ctl_json_begin(struct json_writer *w, struct err *err);
int ctl_json_print(struct json_writer *w, struct err *err);

/* The same for a small answer; adds "ok". */
int ctl_json_entries(struct entries *e, struct err *err);

/* Local time of the station, "2026-07-01 09:30:00". */
void ctl_time(const struct ctl *ctl, int64_t unix_ms, char out[24]);
/* "2026-07-01", RFC 3339, or an age such as 30m, 8h, 7d. */
int ctl_since(const struct ctl *ctl, int64_t *unix_ms, struct err *err);
/* --limit, or `otherwise`. */
int ctl_limit(const struct ctl *ctl, int otherwise, int *limit, struct err *err);

/* ---- ctl_bulletin.c ---- */
/* --from and --to, two days, both included. */
int ctl_days(const struct ctl *ctl, struct civil_date *first, struct civil_date *last, struct err *err);
/* --zone, or the station's offset from UTC. */
int ctl_zone(const struct ctl *ctl, int *minutes, struct err *err);
/* From the begin of the first day to the end of the last, Unix ms. */
void ctl_period_ms(struct civil_date first, struct civil_date last, int offset_minutes, int64_t *from_ms,
                   int64_t *to_ms);

/* ---- ctl_rejudge.c ---- */
/* The pack of that name that is in force now. 1: *pack is another than the one with that digest; 0: it is the same, or
 * the station has none any more; -1: it cannot be used. Gives its path. */
int ctl_pack_now(const struct ctl *ctl, const char *id, const char *sha256, struct rule_pack *pack, char *path,
                 size_t size, struct err *err);

/* ---- ctl_check_again.c ---- */
/* rejudge of a metrology check. */
int ctl_check_again(struct ctl *ctl, const struct store_check *check, struct err *err);

/* ---- ctl_slip.c ---- */
/* Writes the slip of a record; `event` is its place in the journal. */
int ctl_slip_print(const struct ctl *ctl, const char *record, int64_t event, const char *void_reason, FILE *out,
                   struct err *err);

/* The same of a test or passage that is looked for in the files. */
int ctl_slip_of(struct ctl *ctl, const char *id, FILE *out, struct err *err);

/* The record of a test or passage, malloc'ed; its place in the journal; why it is void, or "". */
int ctl_slip_record(struct ctl *ctl, const char *id, char **record, int64_t *event, char *void_reason, size_t size,
                    struct err *err);

/* ---- ctl_paper.c ---- */
/* The slip of the command's record as a page, of that size unless --size says another; free with paper_close. */
int ctl_paper_slip(struct ctl *ctl, enum paper_size size, struct paper **out, struct err *err);
/* The record of that test or passage on further pages of a document. */
int ctl_paper_add(struct ctl *ctl, const char *id, struct paper *paper, struct err *err);
/* Says on stderr where characters have no font. */
void ctl_paper_fonts(const struct paper *paper);
/* Writes the pages to --output. */
int ctl_paper_write(const struct ctl *ctl, struct paper *paper, struct err *err);

/* ---- ctl_dossier.c ---- */
/* All that is known of a vehicle, written to --output as a PDF; colour NULL: any. */
int ctl_dossier(struct ctl *ctl, const char *plate, const char *colour, struct err *err);

/* ---- ctl_statement.c ---- */
/* The last words of the driver to that test or passage; "" where there are none, or more than fit. */
int ctl_statement_last(struct ctl *ctl, const char *subject, char *out, size_t size, struct err *err);

/* ---- ctl_words.c ---- */
struct ctl_word {
    const char *name, *zh, *en;
};
const struct ctl_word *ctl_word_prompt(const char *name); /* never NULL: an unknown name stands for itself */
const struct ctl_word *ctl_word_verdict(const char *name);
const struct ctl_word *ctl_word_point(const char *name); /* of verdict_point_name */
const struct ctl_word *ctl_word_alert(const char *name);
const struct ctl_word *ctl_word_case(const char *name); /* a state of either track */

#endif
