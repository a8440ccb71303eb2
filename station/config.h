/*
 * The station's configuration: one file, read once at start, checked whole, with every complaint as "file:line: what".
 *
 *     station { id = "652301-0007"  name = "…"  kind = joint  region = "652301"  state = "/var/lib/smogd" … }
 *     rules = {"gb3847-2018", "hj845-2017"}   limit-class = a     # a | b | region
 *     link NAME { kind = serial  device = "/dev/…"  line = "9600/8n1" }
 *     instrument NAME { driver = nht6  link = NAME  serial = "…"  certificate = "…"  valid-until = 2027-03-01 }
 *     reference NAME { value = "k=1.71 opacity=52.0"  certificate = "…"  valid-until = … }    # neutral filter, bottle
 *     camera NAME { user = "…"  secret-file = "…"  poll = "ADDRESS:PORT" }
 *     outlet NAME { … }   seal { key = "…"  cert = "…" }
 *     console { listen = "127.0.0.1:8080"  cert = "…"  key = "…"  web-dir = "…" }
 *
 * Unknown keys, wrong types, missing files and two instruments on one port are errors. Relative paths count from the
 * folder of the configuration file. Rule packs and profiles are files ID.conf in rules-dir and profiles-dir, code lists
 * all .conf files of codes-dir, checklists those of checklists-dir, deadlines and holidays those of deadlines-dir;
 * where these are not given they are looked for beside the program: PREFIX/share/smogd, or the source tree when it runs
 * from build/.
 */
#ifndef STATION_CONFIG_H
#define STATION_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "sensors/bench.h"
#include "sensors/links/kind.h"
#include "sensors/profile.h"
#include "sensors/sensor.h"
#include "station/core/checklist.h"
#include "station/core/deadline.h"
#include "station/core/civil.h"
#include "station/core/codes.h"
#include "station/core/err.h"
#include "station/core/rules.h"

enum {
    CONFIG_NAME_MAX = 32,
    CONFIG_TEXT_MAX = 128,
    CONFIG_PATH_MAX = 512,
    CONFIG_RULES_MAX = 8,
    CONFIG_LINKS_MAX = BENCH_INSTRUMENTS_MAX,
    CONFIG_OUTLETS_MAX = 8,
    CONFIG_OUTLET_VALUES_MAX = 24,
    CONFIG_CHECKLISTS_MAX = 8,
    CONFIG_REFERENCES_MAX = 16,
    CONFIG_CAMERAS_MAX = 4,
    CONFIG_SECRET_MAX = 128,
    CONFIG_WITNESSES_MAX = 4,
};

struct config_link {
    char name[CONFIG_NAME_MAX];
    enum link_kind kind;
    char device[CONFIG_PATH_MAX]; /* modbus-rtu, serial: the port or "usb:…"; modbus-tcp, tcp: "HOST:PORT" */
    char line[16];                /* "9600/8n1"; TCP kinds: empty */
    int64_t retry_ms;             /* 0: half a second */
    unsigned at_line;             /* in the configuration file */
};

struct config_instrument {
    struct sensor_config sensor; /* name, profile, unit, path, option, poll: what the driver may know */
    const struct sensor_driver *driver;
    size_t link;                   /* index in links */
    char profile[CONFIG_NAME_MAX]; /* its name; empty: none */
    char serial[SENSOR_TEXT_MAX], certificate[SENSOR_TEXT_MAX];
    struct civil_date valid_until; /* year 0: not given */
    struct civil_date calibrated;  /* the last calibration; year 0: not given */
    int lane;                      /* it stands at; 0: not given */
    int64_t join_ms;               /* its readings are lent to passages for so long; 0: never */
    int64_t clock_tolerance_ms;    /* a passage source's own clock further off than this is flagged */
    unsigned at_line;
};

/* A neutral filter or a bottle of gas, by which instruments are checked. */
struct config_reference {
    char name[CONFIG_NAME_MAX];
    char value[CONFIG_TEXT_MAX]; /* "k=1.71 opacity=52.0" (metrology_reference_parse) */
    char certificate[SENSOR_TEXT_MAX];
    struct civil_date valid_until; /* year 0: not given */
    unsigned at_line;
};

struct config_outlet_value {
    char name[CONFIG_NAME_MAX], value[CONFIG_TEXT_MAX];
};

struct config_outlet {
    char name[CONFIG_NAME_MAX], kind[CONFIG_NAME_MAX];
    char url[CONFIG_PATH_MAX], ca[CONFIG_PATH_MAX], cert[CONFIG_PATH_MAX], key[CONFIG_PATH_MAX]; /* empty: not given */
    char receipt_key[CONFIG_PATH_MAX]; /* by which the receiver signs; empty: its signatures are kept, not checked */
    bool plain_http;
    bool has_map; /* its kind tells records through one */
    char map[CONFIG_NAME_MAX];
    char interface[CONFIG_NAME_MAX], call[CONFIG_NAME_MAX], encoding[8]; /* SOAP */
    char secret_file[CONFIG_PATH_MAX];
    char user[CONFIG_NAME_MAX];
    bool replaces;                                               /* a record that comes twice counts once there */
    char folder[CONFIG_PATH_MAX], acknowledged[CONFIG_PATH_MAX]; /* file-drop */
    struct civil_date from;                                      /* begins there; year 0: with what comes */
    int64_t batch, batch_s;                                      /* passages in one delivery; or after so long */
    bool valid_only;                                             /* passages */
    size_t values_count;
    struct config_outlet_value values[CONFIG_OUTLET_VALUES_MAX]; /* what the map or the call asks for */
    int priority;                                                /* 1 first */
    int open_minute, end_minute;                                 /* of the day; equal: always */
    int64_t bytes_per_s;                                         /* 0: no limit */
    unsigned at_line;
};

/* A camera that reads plates. It measures nothing: what it says is offered to the officer, and so it is no instrument.
 */
struct config_camera {
    char name[CONFIG_NAME_MAX];
    char user[CONFIG_NAME_MAX];        /* of the digest authentication; empty: the secret is a token */
    char secret_file[CONFIG_PATH_MAX]; /* empty: everybody who reaches the console may push */
    char poll[CONFIG_TEXT_MAX];        /* "ADDRESS:PORT" where it is asked for plates; empty: it pushes */
    int64_t poll_ms;                   /* the pace of that */
    char secret[CONFIG_SECRET_MAX];    /* the file's first line; read by config_law */
    unsigned at_line;
};

/* The web server for officers' tablets. */
struct config_console {
    char listen[CONFIG_TEXT_MAX];                     /* "ADDRESS:PORT"; empty: none */
    char web_dir[CONFIG_PATH_MAX];                    /* where the page lies, if it is there */
    char key[CONFIG_PATH_MAX], cert[CONFIG_PATH_MAX]; /* of TLS; empty: none */
    bool local;                                       /* it listens at this machine alone */
    bool open_reads;                                  /* what changes nothing needs no session */
    int64_t idle_min;                                 /* a session ends after so long without use */
};

/* Who co-signs the journal's checkpoints: another agency's key. */
struct config_witness {
    char title[CONFIG_NAME_MAX];
    char name[CONFIG_TEXT_MAX]; /* in its co-signatures */
    char key[CONFIG_PATH_MAX];  /* public, PEM, Ed25519 */
    unsigned at_line;
};

/* One loaded rule pack or profile file: its bytes become an object of the store, named in every record that used it. */
struct config_file {
    char name[CONFIG_NAME_MAX];
    char path[CONFIG_PATH_MAX];
    char sha256[SHA256_HEX_SIZE];
    size_t size;
};

struct config {
    char file[CONFIG_PATH_MAX];
    char sha256[SHA256_HEX_SIZE]; /* of the configuration file's bytes */
    char id[CONFIG_NAME_MAX], name[CONFIG_TEXT_MAX], kind[CONFIG_NAME_MAX], region[CONFIG_NAME_MAX];
    char state[CONFIG_PATH_MAX];
    char rules_dir[CONFIG_PATH_MAX], profiles_dir[CONFIG_PATH_MAX], codes_dir[CONFIG_PATH_MAX],
        checklists_dir[CONFIG_PATH_MAX], outlets_dir[CONFIG_PATH_MAX], deadlines_dir[CONFIG_PATH_MAX],
        templates_dir[CONFIG_PATH_MAX];
    bool has_position;
    struct decimal latitude, longitude;
    int utc_offset_minutes; /* option utc-offset, "+08:00" when not given: the one legal time of the country */
    bool class_by_region;   /* limit-class = region: each rule pack says where and when class b holds */
    enum limit_class limit_class;
    size_t links_count, instruments_count, outlets_count, rules_count, profiles_count, references_count, cameras_count,
        witnesses_count;
    struct config_link links[CONFIG_LINKS_MAX];
    struct config_instrument instruments[BENCH_INSTRUMENTS_MAX];
    struct config_camera cameras[CONFIG_CAMERAS_MAX];
    struct config_outlet outlets[CONFIG_OUTLETS_MAX];
    struct config_witness witnesses[CONFIG_WITNESSES_MAX];
    struct config_reference references[CONFIG_REFERENCES_MAX];
    struct config_console console;
    char seal_key[CONFIG_PATH_MAX], seal_cert[CONFIG_PATH_MAX];
    char seal_sm2_key[CONFIG_PATH_MAX], seal_sm2_cert[CONFIG_PATH_MAX]; /* empty: not configured */
    int64_t seal_warn_days;                                             /* before a certificate ends */
    struct {
        char url[CONFIG_PATH_MAX]; /* empty: no authority is asked */
        char ca[CONFIG_PATH_MAX], https_ca[CONFIG_PATH_MAX];
        int64_t every_min;
    } timestamp;
    struct config_file rules_files[CONFIG_RULES_MAX], profile_files[BENCH_INSTRUMENTS_MAX];
    struct rule_pack *rules;  /* rules_count; NULL until config_law */
    struct profile *profiles; /* profiles_count; NULL until config_law */
    struct codes *codes;      /* NULL until config_law or config_codes */
    size_t checklists_count;
    struct deadlines *deadlines;  /* NULL until config_law or config_deadlines */
    struct checklist *checklists; /* NULL until config_law or config_checklists */
};

struct conf;

/* Reads and checks the file; then, where `more` is given, what it leads to. */
int config_open(struct config **out, const char *file,
                int (*more)(struct config *config, struct conf *conf, struct err *err), struct err *err);
/* For `more`: loads rule packs and profiles, lets every link and driver check its part: what smogd runs on and
 * `smogd --check` reports. smogctl and smogpush do without. */
int config_law(struct config *config, struct conf *conf, struct err *err);
/* Load the code lists and the checklists alone, for smogctl; parts of config_law. */
int config_codes(struct config *config, struct err *err);
int config_checklists(struct config *config, struct err *err);
int config_deadlines(struct config *config, struct err *err);
/* Opens the map of an outlet (NULL: its kind has none) and checks that configuration and map fit. */
struct outlet_map;
int config_outlet_map(const struct config *config, const struct config_outlet *outlet, struct outlet_map **out,
                      struct err *err);
void config_close(struct config *config);

/* The class of limits of that pack (NULL: none) at this station on that day. */
enum limit_class config_limit_class(const struct config *config, const struct rule_pack *pack, struct civil_date day);

#endif
