#include "station/api.h"
#include "station/core/role.h"

enum {
    OFFICE = ROLE_ECOLOGY | ROLE_SUPERVISOR,
    FIELD = ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN,
    DEVICES = ROLE_ECOLOGY | ROLE_TECHNICIAN,
    ALL = ROLE_OFFICERS,
};

#define PDF "application/pdf"
#define XLSX "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#define ASICE "application/vnd.etsi.asic-e+zip"
#define PERIOD "from to zone !public"

#define READ(path, words, arguments)                                                                                   \
    {                                                                                                                  \
        "GET", path, API_CHILD, words, arguments, NULL, 0, 0                                                           \
    }
#define FILE_OF(path, words, arguments, type)                                                                          \
    {                                                                                                                  \
        "GET", path, API_FILE, words, arguments, type, 0, 0                                                            \
    }
#define ASK(path, command)                                                                                             \
    {                                                                                                                  \
        "GET", path, API_COMMAND, command, "", NULL, 0, 0                                                              \
    }
#define DO(path, command, roles)                                                                                       \
    {                                                                                                                  \
        "POST", path, API_COMMAND, command, "", NULL, roles, API_JSON_MAX                                              \
    }
#define TAKE(path, command, arguments, roles, max)                                                                     \
    {                                                                                                                  \
        "POST", path, API_UPLOAD, command, arguments, NULL, roles, max                                                 \
    }

/* The roles are those of the commands (README, "Officers"), so that a wrong one is told before a body is read; the
 * command asks again. */
const struct api_route api_routes[] = {
    ASK("status", "status"),
    ASK("instruments", "instruments"),
    ASK("instruments/{name}", "instruments"),
    {"GET", "live", API_LIVE, NULL, "last", NULL, 0, 0},
    {"GET", "openapi.json", API_STATIC, NULL, "", NULL, 0, 0},

    {"GET", "session", API_SESSION, NULL, "used", NULL, 0, 0},
    {"POST", "session", API_SESSION, NULL, "", NULL, 0, API_JSON_MAX},
    {"DELETE", "session", API_SESSION, NULL, "", NULL, ALL, 0},
    {"POST", "session/second", API_SECOND, NULL, "", NULL, ALL, API_JSON_MAX},

    READ("tests", "test list", "since limit"),
    DO("tests", "test-start", ROLE_ECOLOGY),
    READ("tests/{id}", "test show {id}", ""),
    READ("tests/{id}/readings", "test readings {id}", ""),
    DO("tests/{id}/key", "test-key", DEVICES | ROLE_SUPERVISOR),
    DO("tests/{id}/void", "test-void", OFFICE),
    DO("tests/{id}/statement", "statement", ROLE_ECOLOGY | ROLE_POLICE),
    READ("photos/{id}", "photo list {id}", ""),
    TAKE("photos/{id}", "photo-add", "shows", FIELD, API_PHOTO_MAX),
    {"GET", "objects/{sha256}", API_OBJECT, NULL, "", "image/jpeg", 0, 0},
    FILE_OF("slips/{id}.pdf", "slip {id}", "size lang", PDF),
    {"POST", "print/{id}", API_CHILD, "print {id}", "instrument lang", NULL, FIELD | ROLE_SUPERVISOR, API_JSON_MAX},

    READ("passes", "passes", "since !invalid limit"),
    READ("passes/{id}", "passes {id}", ""),
    READ("plates/{plate}", "plate {plate}", "colour limit"),
    READ("suggestions", "plates suggest", "limit"),
    READ("alerts", "alerts {?subject}", "since limit"),
    READ("referrals", "referrals {?authority}", "limit"),

    READ("cases", "case list", "state !due plate colour limit"),
    READ("cases/{id}", "case show {id}", ""),
    FILE_OF("cases/{id}/notice.pdf", "notice {id}", "", PDF),
    FILE_OF("cases/{id}/package.asice", "package {id}", "", ASICE),
    FILE_OF("cases/{id}/documents/{kind}.pdf", "document {kind} {id}", "", PDF),
    DO("cases/{id}/{act}", "case-act", ALL),
    READ("documents", "document list", ""),

    READ("rosters", "roster list", ""),
    TAKE("rosters", "roster-import", "name from to", OFFICE, API_LIST_MAX),
    DO("rosters/absent", "roster-absent", OFFICE),
    READ("rosters/{number}", "roster list {number}", ""),
    READ("rosters/{number}/report", "roster report {number}", ""),

    READ("checklists", "checklist", ""),
    DO("checklists", "checklist-start", FIELD),
    READ("checklists/{id}", "checklist {id}", ""),
    {"POST", "checklists/{id}/answers", API_ANSWER, "checklist-answer", "item answer value remark", NULL, FIELD,
     API_PHOTO_MAX},
    DO("checklists/{id}/end", "checklist-end", FIELD),

    READ("checks", "check list {?instrument}", "limit"),
    READ("checks/{id}", "check show {id}", ""),
    DO("instruments/{name}/check", "instrument-check", DEVICES),
    DO("instruments/{name}/order", "instrument-command", DEVICES),
    DO("lockouts/clear", "lockout-clear", ROLE_SUPERVISOR),
    {"GET", "probe", API_PROBE, "instruments", "", NULL, DEVICES | ROLE_SUPERVISOR, 0},

    READ("rules", "rules list", ""),
    READ("rules/unconfirmed", "rules unconfirmed", ""),
    READ("codes", "codes", ""),
    READ("codes/{table}", "codes {table}", ""),

    READ("officers", "officer list", ""),
    DO("officers", "officer-add", ROLE_SUPERVISOR),
    DO("officers/{number}/disable", "officer-disable", ROLE_SUPERVISOR),
    {"POST", "officers/{number}/pin", API_PIN, "officer-pin", "", NULL, ALL, API_JSON_MAX},

    READ("outbox", "outbox list", "limit"),
    READ("outbox/{id}", "outbox show {id}", ""),
    DO("outbox/{id}", "outbox", OFFICE),

    READ("journal/checkpoint", "journal checkpoint", ""),
    READ("sequence", "sequence", "since"),
    READ("bulletin", "bulletin", PERIOD),
    FILE_OF("bulletin.pdf", "bulletin", PERIOD, PDF),
    FILE_OF("bulletin.xlsx", "bulletin", PERIOD, XLSX),
    FILE_OF("bulletin.csv", "bulletin", PERIOD " encoding", "text/csv"),
    {0},
};
