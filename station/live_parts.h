/*
 * The inside of the live host, shared by the files station/live*.c.
 *
 * live.c          the loop: bench, timers, start and stop
 * live_links.c    links to the bench and back
 * live_start.c    may a test start, and its start
 * live_test.c     what a running test leaves behind, up to its end
 * live_save.c     its end: files, record, transaction
 * live_recover.c  tests that a dead daemon left open
 * live_output.c   printer and sign
 * live_passage.c  passing vehicles
 * live_lockout.c  lockouts: what holds, what it blocks; live_lockout_store.c: into the journal
 * live_camera.c   plates that cameras have read
 * live_poll.c     cameras that are asked for them
 * live_join.c     what other instruments lend to them
 * live_check.c    metrology checks: start and run; live_check_save.c: their end
 * live_journal.c  facts that wait for the next transaction
 * live_request.c  the control socket's commands
 * live_operator.c those by which an operator acts
 * live_identity.c what is known of the vehicle otherwise
 * live_alerts.c   what a supervisor is to look at
 * live_checklist.c what is looked at beside the exhaust test
 * live_reserve.c  room that is held on the disk
 * live_photo.c    pictures that officers add
 * live_statement.c what the driver says to a test
 * live_travel.c   alerts: a vehicle that was seen at two places too soon
 * live_drift.c    alerts: checks of an instrument that drift
 * live_history.c  what other stations know of vehicles
 * live_roster.c   lists of depot visits
 * live_status.c   what they show
 * live_ratchet.c  the forward-secure seal of the journal
 * live_witness.c co-signatures of the journal's checkpoints
 * live_web.c      what the web server serves
 * live_feed.c     what happens, for those who listen
 * live_console.h  the console: live_console.c, live_session.c, live_login.c, live_api.c, live_api_child.c
 */
#ifndef STATION_LIVE_PARTS_H
#define STATION_LIVE_PARTS_H

#include <systemd/sd-event.h>

#include "sensors/bench.h"
#include "sensors/recording.h"
#include "sensors/links/link.h"
#include "sensors/links/wakeup.h"
#include "station/anpr.h"
#include "station/clock.h"
#include "station/core/anomaly.h"
#include "station/core/caselife.h"
#include "station/config.h"
#include "station/control.h"
#include "station/core/join.h"
#include "station/live.h"
#include "station/live_lockout.h"
#include "station/ratchet.h"
#include "station/record_make.h"
#include "station/spool.h"
#include "station/store.h"
#include "station/store_life.h"
#include "station/webpage.h"
#include "station/webserver.h"

enum {
    LIVE_ID_MAX = 48,
    LIVE_CASE_MAX = 56,
    LIVE_OFFICER_MAX = 32,
    LIVE_QUEUE_MAX = 1024,                  /* facts that wait for the disk before input is refused */
    LIVE_DISK_RESERVE_MB = 32,              /* where no pack tells: room to finish a test (live_reserve.c) */
    LIVE_GROUP_MAX = 128,                   /* so many at the latest go into one transaction */
    LIVE_TEXT_LIMIT = 180,                  /* bytes of an operator's reason */
    LIVE_HEAD_MAX = 1024,                   /* bytes of a recording's head */
    LIVE_NEWS_MAX = 16 << 10,               /* bytes of an event of the live feed */
    LIVE_SHOTS_MAX = ANPR_PICTURES_MAX + 1, /* files of a camera's reading */
    /* files of a record that are there before it begins: rule pack, profiles, what the camera gave */
    LIVE_GIVEN_MAX = BENCH_INSTRUMENTS_MAX + 1 + LIVE_SHOTS_MAX,
    LIVE_RETRY_MS = 2000, /* a journal that failed is tried again after this time */
};

struct live;

/* Answers one command of the control socket; refuses with *err. */
typedef int live_answer(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct json_writer *answer, struct err *err);

/* What the loop knows of one instrument beside the bench. */
struct live_instrument {
    struct live_link *link;
    size_t slave;           /* on that link */
    uint64_t unsent;        /* what the driver sent and the link could not take */
    enum bench_state state; /* as last journaled */
    enum instrument_status status;
    int64_t since_ms;            /* Unix time of that change */
    char trouble[LINK_TEXT_MAX]; /* why its link is down; empty: it is up */
    char problem[LINK_TEXT_MAX]; /* of the link as a whole, as last said */
};

struct live_poll;

/* What the loop knows of one camera. */
struct live_camera {
    int64_t last_ms;                           /* Unix time of its last plate; 0: none since the start */
    uint64_t stored, repeated, refused, polls; /* polls: that were answered */
    char trouble[ERR_TEXT_MAX];                /* what was wrong with its last push or answer; empty: nothing */
    struct live_poll *poll;                    /* NULL: it is not asked */
};

/* The picture that is being collected or printed. */
struct live_output {
    const struct control_client *client; /* whose pieces they are; only compared */
    uint8_t *picture;
    size_t length;
    struct sensor_job job;
};

/* An officer's confirmation of what a camera has read. */
struct live_suggestion {
    char id[LIVE_ID_MAX], camera[CONFIG_NAME_MAX], plate[PLATE_TEXT_MAX], confidence[ANPR_TEXT_MAX];
    int64_t at_ms;
    bool agreed; /* the plate of the test is what the camera read */
    size_t files_count;
    struct record_make_file files[LIVE_SHOTS_MAX]; /* as the record calls them, where it agreed */
};

/* The running test; `open` from its start until it is saved. */
struct live_test {
    bool open, finished;
    bool aborting; /* a fault of the station ends it */
    char id[LIVE_ID_MAX], officer[LIVE_OFFICER_MAX], user[CONTROL_USER_MAX];
    char officer2[LIVE_OFFICER_MAX], police[LIVE_OFFICER_MAX]; /* "": none was named */
    int64_t seq, started_ms, ended_ms;                         /* Unix times */
    const struct procedure_method *method;
    const struct rule_pack *pack;
    const struct rule *rule;
    struct civil_date day;
    struct vehicle vehicle;
    struct live_suggestion suggestion; /* id "": the plate was typed without one */
    bool takes_part[BENCH_INSTRUMENTS_MAX];
    struct spool spool;
    int files[BENCH_INSTRUMENTS_MAX + 1],
        readings; /* in the spool: [0] operator, [1] first instrument …; -1: not yet */
    struct verdict verdict;
    enum prompt prompt;
    int64_t prompt_value, prompt_limit, prompt_ms;
    int64_t retry_ms; /* saving failed: again at this time; 0: it has not */
    struct err why;
};

/* The running metrology check; `open` from its start until it is saved. */
struct live_check {
    bool open, finished;
    bool command_due; /* it begins, with the instrument's own zeroing, as soon as the instrument is there */
    char id[LIVE_ID_MAX], officer[LIVE_OFFICER_MAX], user[CONTROL_USER_MAX];
    int64_t seq, started_ms, ended_ms; /* Unix times */
    int instrument;
    enum metrology_what what;
    const struct rule_pack *pack;
    const struct rule *rule;
    struct civil_date day;
    char value[CONFIG_TEXT_MAX];              /* of the reference, "k=1.71"; what a leak test showed; empty: none */
    const struct config_reference *reference; /* NULL: its value was typed */
    char command[ERR_TEXT_MAX];               /* "sent", or why not; empty: none was due */
    struct spool spool;
    int files[2]; /* in the spool: operator, instrument; -1: not yet */
    struct verdict verdict;
    int64_t retry_ms; /* saving failed: again at this time; 0: it has not */
    struct err why;
};

/* The forward-secure seal of the journal. */
struct live_ratchet {
    bool on;
    struct ratchet key;
    uint64_t sealed; /* events */
    int64_t next_ms; /* monotonic */
    char trouble[ERR_TEXT_MAX];
};

/* The disk, as live_reserve_look found it last; bytes. */
struct live_reserve {
    int64_t free, held; /* free besides what is held in STATE/reserve */
    int64_t base;       /* wanted to finish a test */
    int64_t needed;     /* wanted to seal what waits … */
    int64_t cases;      /* … so many cases */
    int64_t asked_ms;   /* when the store was asked for those; 0: never */
    bool is_short, faulty;
};

struct live_console;
struct live_link;
struct live_fact;
struct live_feed;
struct api_match;
struct live_passage;

struct live {
    const struct config *config;
    sd_event *event;
    struct wakeup bench_due;
    sd_event_source *flush_soon, *tick, *clock_source;
    struct store *store;
    struct live_link *links; /* as many as configured */
    struct control *control;
    struct webserver *web; /* NULL: no console is configured, nor are these */
    struct live_feed *feed;
    struct webpage *page;
    struct live_console *console;
    struct clock_watch clock;
    struct bench bench;
    struct live_instrument instruments[BENCH_INSTRUMENTS_MAX];
    struct join_source *joins[BENCH_INSTRUMENTS_MAX]; /* NULL: it lends nothing */
    struct live_test test;
    struct live_check check;
    bool watching; /* the running test, for signs of cheating */
    struct anomaly anomaly;
    struct live_lockouts lockouts;
    struct live_reserve reserve;
    /* events and passages in their order, waiting for the next transaction */
    struct live_fact *facts, **facts_end;
    size_t waiting;
    bool journal_faulty, prepare_due;
    struct live_ratchet ratchet;
    unsigned ticks;
    char journal_trouble[ERR_TEXT_MAX];
    int64_t journal_retry_ms;
    struct live_output output;
    struct live_camera cameras[CONFIG_CAMERAS_MAX];
    uint64_t passages_stored, passages_repeated, passages_lost;
    int64_t started_mono_ms;
    char binary_sha256[SHA256_HEX_SIZE];
};

/* Texts on their way into the store: large, short-lived. */
struct live_scratch {
    char vehicle[RECORD_MAKE_PART_MAX], instruments[RECORD_MAKE_PART_MAX], basis[RECORD_MAKE_PART_MAX];
    char officers[1024], rules[1024], passage[8192], joined[4096];
    char event[RECORD_MAKE_EVENT_MAX];
    char record[RECORD_MAKE_TEXT_MAX];
    struct record_make make;
};

/* ---- live.c ---- */
void live_stamp(const struct live *live, struct clock_stamp *stamp); /* with the station's own UTC offset */
/* Writes what must be there before anything is judged: the law's objects, and the ends of tests that a dead daemon left
 * open. When the disk does not let it, it is tried again. */
void live_prepare(struct live *live);
/* Call after everything that may have moved the bench: saves a finished test, arms the timers. */
void live_settle(struct live *live);
/* The operator's or the station's key at this moment, recorded. */
void live_key(struct live *live, enum procedure_key key, const char *text);
/* "14:02:11" */
void live_time_of_day(const struct live *live, int64_t unix_ms, char out[16]);

/* ---- live_test.c ---- */
/* Makes the files that every test has, so that one which ends at once has them, too. */
void live_test_files(struct live *live);
/* Says to all who listen that it begins. */
void live_test_began(struct live *live);
/* The bench's callbacks. Times are the bench's. */
void live_test_record(struct live *live, int instrument, const struct recording_line *line);
void live_test_sample(struct live *live, int instrument, const struct sample *sample);
void live_test_prompt(struct live *live, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms);
void live_test_mark(struct live *live, const struct verdict_mark *mark);
void live_test_finish(struct live *live, const struct verdict *verdict);
/* The answer to a watch: the prompt that holds now, as if it had just come. */
void live_test_prompt_now(const struct live *live, struct json_writer *answer);
/* Ended by the station itself. */
void live_test_abort(struct live *live, const char *reason);
/* Saves the test if it has its verdict; on failure it says so once and tries again later. */
void live_test_save(struct live *live);
/* The open test, or null. */
void live_test_state(const struct live *live, struct json_writer *w, const char *key);

/* ---- live_links.c ---- */
int live_links_open(struct live *live, struct err *err);
void live_links_close(struct live *live);
/* Says once what keeps a link from its port. */
void live_links_look(struct live *live);
void live_links_send(struct live *live, int instrument, const uint8_t *bytes, size_t length);

/* ---- live_start.c ---- */
live_answer live_start_test;

/* ---- live_lockout.c ---- */
/* Those that a dead or stopped daemon left. */
int live_lockout_open(struct live *live, struct err *err);
void live_lockout_close(struct live *live);
/* Finds out what holds now. */
void live_lockout_look(struct live *live);
/* A test was aborted or is about to start: have there been too many? plate, colour: of that vehicle. */
void live_lockout_aborts(struct live *live, const char *plate, const char *colour);
/* The last result of a check changed. */
void live_lockout_checked(struct live *live, int instrument);
/* The figures for the station as a whole; false: no pack of it gives any. */
bool live_lockout_figures(const struct live *live, struct metrology_station *out);
int64_t live_lockout_reserve_mb(const struct live *live);
/* The serial number by which its checks are known; "": none. */
const char *live_lockout_serial(const struct live *live, int instrument);
/* The first that keeps this instrument from measuring, or NULL. */
const struct live_lockout *live_lockout_of(const struct live *live, int instrument);
/* The same among those about its papers and identity. */
const struct live_lockout *live_lockout_papers(const struct live *live, int instrument);
/* Another instrument than the configured one answers in the running test: that ends it. */
void live_lockout_in_test(struct live *live);
/* Does it keep tests of that method from starting? */
bool live_lockout_blocks(const struct live *live, const struct live_lockout *lockout,
                         const struct procedure_method *method);
/* The refusal that it is: what, since when, how to clear it. */
int live_lockout_refuse(const struct live *live, const struct live_lockout *lockout, struct err *err);
/* Refuses a test of that method where the station or all instruments for it are locked; of a plate ("": of any). */
int live_lockout_station(const struct live *live, const struct procedure_method *method, const char *plate,
                         struct err *err);
/* All that hold, as an array. */
void live_lockout_write(const struct live *live, struct json_writer *w, const char *key);

/* ---- live_lockout_store.c ---- */
/* Writes what was raised or ended since the last time; tried again later where the disk does not let it. */
void live_lockout_store(struct live *live);
live_answer live_lockout_clear;

/* ---- live_check.c ---- */
live_answer live_check_start;
/* The bench's callbacks, while a check is open. */
void live_check_record(struct live *live, int instrument, const struct recording_line *line);
void live_check_finish(struct live *live, const struct verdict *verdict);
/* Commands what is due, saves what has ended; on failure it says so once and tries again later. */
void live_check_settle(struct live *live);
/* Ended by the station itself. */
void live_check_abort(struct live *live, const char *reason);

/* ---- live_check_save.c ---- */
/* The law that it is judged by: rule pack and profile. */
size_t live_check_law(const struct live *live, struct record_make_file law[2]);
/* Parts of its events; canonical JSON. */
void live_check_reference(const struct live *live, struct json_writer *w);
int live_check_save(struct live *live, struct err *err);
/* Ends the checks that a dead daemon left open. */
int live_check_recover(struct live *live, struct err *err);

/* ---- live_operator.c ---- */
/* The index of the instrument of that name, or -1. */
int live_operator_instrument(const struct live *live, const char *name, struct err *err);
live_answer live_operator_key;
live_answer live_operator_void;
live_answer live_operator_watch;
live_answer live_operator_command;
live_answer live_operator_outbox;

/* ---- live_save.c ---- */
/* The end of a test, whoever finds it: its files become objects, its record is made, and event, row, files and case are
 * written in one transaction. On failure nothing is saved and the test stays open. */
struct live_end {
    const char *id, *method;
    int64_t seq, started_ms, ended_ms;
    const char *instruments, *vehicle, *officers, *rules; /* canonical JSON */
    const struct verdict *verdict;
    bool may_be_pushed;
    bool watched; /* the running test, as live_alerts has seen it */
    size_t given_count;
    struct record_make_file given[LIVE_GIVEN_MAX];
};
/* Counts a record for the bulletins, in the transaction that saves it. */
int live_save_count(struct live *live, const char *record, size_t length, struct err *err);
int live_save(struct live *live, const struct live_end *end, struct live_scratch *scratch, struct err *err);
/* Every file of the spooled test or check becomes an object and a file of the record. */
int live_save_files(struct live *live, const char *id, struct record_make *make, struct err *err);
/* rules/ID.conf, profiles/NAME.conf */
void live_save_law_file(struct record_make_file *file, const char *folder, const struct config_file *from);
/* The running test, which has its verdict. */
int live_save_test(struct live *live, struct err *err);
/* Rule pack and profiles of the running test, and the pictures of its plate that the officer confirmed. */
size_t live_save_given(const struct live *live, struct record_make_file given[LIVE_GIVEN_MAX]);
/* Parts of the running test's start event and record. */
int live_save_parts(const struct live *live, struct live_scratch *scratch, struct err *err);
void live_case_id(const char *subject, char *out, size_t size);

/* ---- live_recover.c ---- */
int live_recover(struct live *live, struct err *err);

/* ---- live_passage.c ---- */
void live_passage_take(struct live *live, int instrument, const struct sample *sample);
/* Inside a transaction. */
int live_passage_store(struct live *live, struct live_passage *passage, struct live_scratch *scratch, struct err *err);
/* It is through: counts and frees it. */
void live_passage_forget(struct live *live, struct live_passage *passage);

/* ---- live_join.c ---- */
int live_join_open(struct live *live, struct err *err);
void live_join_close(struct live *live);
void live_join_note(struct live *live, int instrument, const struct sample *sample);
/* Its state or status has changed. */
void live_join_look(struct live *live, int instrument);
/* What the others lend to that passage, of which `instrument` just told. Returns how many readings. */
size_t live_join_collect(const struct live *live, int instrument, const struct sample *sample, int64_t received_ms,
                         struct join_reading joined[JOIN_QUANTITIES]);

/* ---- live_journal.c ---- */
/* Queues an event for the next transaction; its time is now. */
void live_journal_note(struct live *live, const char *kind, struct entries *entries);
/* Queues a passing vehicle; takes it over unless it fails. */
int live_journal_passage(struct live *live, struct live_passage *passage);
/* What waits goes into one transaction once the loop has nothing else to do, or at once when it is a lot. */
void live_journal_soon(struct live *live);
/* Writes all that waits: 0 saved, -1 not (and it will be tried again). */
int live_journal_flush(struct live *live);
/* Notes that writing works (NULL) or why not, and says so on the edge. */
void live_journal_health(struct live *live, const struct err *err);
/* Instrument edges, as seen on the bench. */
void live_journal_instrument(struct live *live, int instrument);
/* Appends an event inside a transaction; `text` is room for its body. */
int live_journal_append(struct live *live, const char *kind, struct entries *entries, char *text, size_t size,
                        uint64_t *index, struct err *err);
void live_journal_close(struct live *live);

/* ---- live_request.c ---- */
void live_request(void *ctx, struct control_client *client, const struct json_doc *request, struct json_writer *answer);
/* A text of the request: absent and not required leaves "". Control characters and more than size - 1 bytes are
 * errors. */
int live_request_text(const struct json_doc *request, const char *key, bool required, char *out, size_t size,
                      struct err *err);

/* ---- live_officer.c ---- */
/* The one question whether an officer of that number may act in one of these roles. While nobody at all is registered
 * everybody may, and *role is ROLE_UNKNOWN. */
int live_officer_check(const struct live *live, const char *number, unsigned roles, enum role *role, struct err *err);
/* The request's officer, who must be one of these roles; while nobody is registered any number is taken, or the login
 * behind the connection. */
int live_request_officer(const struct live *live, struct control_client *client, const struct json_doc *request,
                         unsigned roles, char out[LIVE_OFFICER_MAX], struct err *err);
/* One element of a record's `officers`; nothing for the number "". */
void live_officer_write(const struct live *live, const char *number, const char *role, struct json_writer *w);
/* How many there are: an empty register lets everybody act. */
void live_officer_status(const struct live *live, struct json_writer *w);
live_answer live_officer_add, live_officer_disable, live_officer_pin;

/* ---- live_case.c ---- */
/* All of these but the command belong into a transaction. */
/* A failed test or passage becomes a case. officers: as in its record. */
int live_case_open(struct live *live, const char *subject, int64_t created_ms, const char *officers, struct err *err);
/* Moves the case by an act: its event, its step, its row; *row follows. `more` (may be NULL): what goes into the step
 * and the event besides. */
enum { LIVE_CASE_FACTS_MAX = 2048 };
/* Reads "facts" of a request, {"driver.KEY": text, "decision.KEY": text …}, into canonical JSON; "" where there are
 * none. `wanted`: this act takes them, and needs some (station/live_case_facts.c). */
int live_case_facts(const struct json_doc *request, bool wanted, char *out, size_t size, struct err *err);
struct live_case_more {
    const char *until, *detail, *user; /* NULL: none */
    const char *facts;                 /* of a decision on the spot: a canonical JSON object; NULL: none */
};
int live_case_move(struct live *live, struct store_case *row, const struct caselife_doing *doing,
                   const struct live_case_more *more, struct err *err);
/* A case of an older version gets a state of today; package: the digest of its sealed one, NULL: it has none. */
int live_case_adopt(struct live *live, struct store_case *row, enum case_state state, const char *package,
                    struct err *err);
/* Can that act be done with it now? */
bool live_case_can(const struct store_case *row, enum case_act act);
/* A test was voided: its own case ends, and what it showed as a retest is taken back. */
int live_case_void(struct live *live, const struct store_test *test, const char *officer, const char *reason,
                   struct err *err);
/* A test was passed, here or elsewhere: cases of the vehicle that wait for it. */
int live_case_retest(struct live *live, const char *test, const char *plate, const char *colour, const char *method,
                     int64_t at_ms, struct err *err);
live_answer live_case_act;

/* ---- live_case_news.c ---- */
/* What smogpush has stored becomes events and moves the cases: seals, receipts, decisions. */
void live_case_news(struct live *live);
/* Decisions that came too early for their case, tried again; inside a transaction. */
int live_case_waiting(struct live *live, struct store_case *row, struct err *err);
/* Cases of an older version get a state of today. */
int live_case_upgrade(struct live *live, struct err *err);

/* ---- live_identity.c ---- */
/* What earlier records and lists say otherwise of the vehicle: noted with the facts; refused until the officer has
 * confirmed each ("confirm": "power_kw,mass_kg"). */
int live_identity_check(const struct live *live, struct vehicle *vehicle, const struct json_doc *request,
                        struct err *err);
/* Its alerts, inside the transaction of the test's start. */
int live_identity_alerts(struct live *live, const struct live_test *test, struct err *err);

/* ---- live_alerts.c ---- */
/* Something that a supervisor is to look at; it changes no verdict. Inside a transaction. `subject`: a test, an
 * instrument, an officer. */
int live_alert(struct live *live, const char *code, const char *subject, struct entries *evidence, struct err *err);
/* Watches the running test, where a pack has the figures (station/core/anomaly.h). */
void live_alerts_begin(struct live *live);
void live_alerts_sample(struct live *live, const struct sample *sample);
void live_alerts_mark(struct live *live, const struct verdict_mark *mark);
/* The digest of the curves that live_alerts_end will keep, for the event of the test's end; false: none are kept. */
bool live_alerts_curves(const struct live *live, char sha256[SHA256_HEX_SIZE]);
/* What it found, in that test and against earlier ones; inside the transaction of the test's end. */
int live_alerts_end(struct live *live, const struct verdict *verdict, struct err *err);

/* ---- live_travel.c ---- */
/* A vehicle was seen somewhere. */
struct live_sighting {
    const char *id, *station, *plate, *colour;
    int64_t at_ms;
    double latitude, longitude; /* degrees */
};
/* Alerts where it would have had to drive too fast from another station, or to it. Inside a transaction. */
int live_travel_look(struct live *live, const struct live_sighting *sighting, struct err *err);
/* The same for a test or passage of this station. */
int live_travel_here(struct live *live, const char *id, const struct plate *plate, int64_t at_ms, struct err *err);

/* ---- live_drift.c ---- */
/* Alerts where the checks up to this ended one, inside the transaction of its end, drift or read low. */
int live_drift_look(struct live *live, const char *check, struct err *err);

/* ---- live_checklist.c ---- */
live_answer live_checklist_start, live_checklist_answer, live_checklist_end;

/* ---- live_reserve.c ---- */
/* Looks at the disk, and holds or gives back room (station/reserve.h). False: the disk cannot be asked. */
bool live_reserve_look(struct live *live);
/* For a recording that meets a full disk; ctx: struct live. */
bool live_reserve_make_room(void *ctx);
/* How much there is and how much is wanted. */
void live_reserve_say(const struct live *live, char *out, size_t size);
/* So little is left that what comes in by itself would take the room in which the cases that wait are sealed. */
bool live_reserve_spent(const struct live *live);
void live_reserve_status(const struct live *live, struct json_writer *w);

/* ---- live_photo.c ---- */
live_answer live_photo_add;
/* Before the first review of a case, inside its transaction: ERR_REFUSED where a rule asks for pictures that the test
 * or passage `id` does not have; else what was found becomes an event. */
int live_photo_review(struct live *live, const char *id, struct err *err);

/* ---- live_statement.c ---- */
live_answer live_statement;

/* ---- live_history.c ---- */
live_answer live_history_import;

/* ---- live_roster.c ---- */
live_answer live_roster_import, live_roster_absent;
/* Facts that the list of a visit now open says of this vehicle, where nobody has said them otherwise. */
int live_roster_facts(const struct live *live, struct vehicle *vehicle, int64_t at_ms, struct err *err);

/* ---- live_camera.c ---- */
/* POST /anpr/NAME */
bool live_camera_admit(void *ctx, struct webserver_request *request);
void live_camera_push(void *ctx, struct webserver_request *request);
/* The suggestion that the officer's request names, and what it makes of the vehicle's plate. */
int live_camera_confirm(struct live *live, struct live_test *test, const struct json_doc *request, struct err *err);
/* For the test's start event. */
void live_camera_write(const struct live_test *test, struct json_writer *w);
void live_camera_status(const struct live *live, struct json_writer *w);
/* Stores a plate that a camera has answered, unless it is known. */
int live_camera_take(struct live *live, const struct config_camera *camera, const struct anpr_event *event,
                     struct err *err);
/* Says what is wrong with a camera once, until it is another thing or it is well again (""). */
void live_camera_note(struct live *live, const struct config_camera *camera, const char *trouble);

/* ---- live_poll.c ---- */
int live_poll_open(struct live *live, struct err *err); /* begins to ask the cameras that are asked */
void live_poll_close(struct live *live);

/* ---- live_output.c ---- */
live_answer live_output_print;
void live_output_done(struct live *live, int instrument, const char *trouble);
void live_output_close(struct live *live);
/* Shows the saved test's verdict on the signs, as far as the rule allows it. */
void live_output_verdict(struct live *live);

/* ---- live_ratchet.c ---- */
void live_ratchet_open(struct live *live);
void live_ratchet_close(struct live *live);
/* Seals what is new: once a minute, or now. */
void live_ratchet_look(struct live *live, bool now);
live_answer live_ratchet_start;
void live_ratchet_write(const struct live *live, struct json_writer *w, const char *key);

/* ---- live_witness.c ---- */
live_answer live_witness_import;
/* The newest co-signature of each witness. */
void live_witness_write(const struct live *live, struct json_writer *w, const char *key);

/* ---- live_console.c ---- */
int live_console_open(struct live *live, struct err *err);
void live_console_close(struct live *live);

/* ---- live_session.c ---- */
/* He may not act any more as he did: his sessions at the console end, but the one by which this was done. */
void live_session_forget(struct live *live, const char *officer);
/* May the other side see what the station knows? False after an answer. For GETs that are no part of live_api.c. */
bool live_session_admit_reader(void *ctx, struct webserver_request *request);

/* ---- live_api.c: /api/v1/ ---- */
bool live_api_admit(void *ctx, struct webserver_request *request);
void live_api_answer(void *ctx, struct webserver_request *request);

/* ---- live_web.c ---- */
/* live_metrics.c: GET /metrics */
void live_metrics(void *ctx, struct webserver_request *request);
/* Serves the console, where one is configured. */
int live_web_open(struct live *live, struct err *err);
void live_web_close(struct live *live);

/* ---- live_feed.c ---- */
/* An event for all who listen; inside a transaction, when that is saved. `name` is a constant. What did not fit its
 * text (length < 0) makes them read everything again. */
void live_feed_tell(struct live *live, const char *name, const char *data, ptrdiff_t length);
void live_feed_entries(struct live *live, const char *name, struct entries *entries);
/* A sample, while a test or check runs. */
void live_feed_sample(struct live *live, int instrument, const struct sample *sample);
void live_feed_tick(struct live *live); /* once a second: how the station is */
void live_feed_answer(struct live *live, struct webserver_request *request, const struct api_match *match);
int live_feed_open(struct live *live, struct err *err);
void live_feed_close(struct live *live);

/* ---- live_status.c ---- */
live_answer live_status, live_status_instruments;
const char *live_status_state_name(enum bench_state state);

#endif
