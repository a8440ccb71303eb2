/*
 * Every bound on what a stranger may hand in, in one place (FORMATS.md, "Limits of a reader"; tests/unit/test_limits.c
 * goes to each from both sides). A reader refuses what is beyond and says so; nothing is cut to fit.
 *
 * They are far above what stations write and low enough that the worst accepted file is read in seconds, in tens of
 * megabytes. Bounds of the pure parts stand with them: JSON_DEPTH_MAX and JSON_MEMBERS_MAX (station/core/json.h),
 * RECORDING_… (sensors/recording.h), BENCH_INSTRUMENTS_MAX (sensors/bench.h).
 */
#ifndef REPORTS_LIMITS_H
#define REPORTS_LIMITS_H

enum {
    /* the package file (container.h) */
    CONTAINER_SIZE_MAX = 64 << 20, /* bytes of a package, on both sides of the wire */
    CONTAINER_ENTRIES_MAX = 256,
    CONTAINER_NAME_MAX = 128, /* with the NUL */

    /* its list of contents (manifest_read.h) */
    MANIFEST_XML_MAX = 512 << 10,
    MANIFEST_REFERENCES_MAX = 2 * CONTAINER_ENTRIES_MAX, /* SHA-256 and SM3 of each */
    MANIFEST_ATTRIBUTES_MAX = 8,
    MANIFEST_BINDINGS_MAX = 16, /* namespaces in force at once */
    MANIFEST_DEPTH_MAX = 8,
    MANIFEST_WORD_MAX = 48, /* element and attribute names */
    MANIFEST_VALUE_MAX = 256,

    /* signatures and certificates (sealcheck.h) */
    SEALCHECK_CMS_MAX = 64 << 10,
    SEALCHECK_CERTIFICATES_MAX = 8,       /* inside one signature */
    SEALCHECK_CERTIFICATE_MAX = 16 << 10, /* one certificate, PEM */
    SEALCHECK_TRUST_MAX = 1 << 20,        /* a file of trusted certificates, PEM */

    /* the record (record.h) and its recomputation (rejudge.h) */
    RECORD_TEXT_MAX = 2 << 20,
    RECORD_TOKENS_MAX = 32768,
    RECORD_FILES_MAX = 200,
    REJUDGE_CONF_NODES_MAX = 8192,     /* of a rule pack or profile */
    REJUDGE_READINGS_MAX = 16 << 20,   /* bytes of readings.csv, recomputed */
    REJUDGE_PAST_MAX = 64,             /* earlier passages */
    REJUDGE_SPAN_MAX_MS = 4 * 3600000, /* from the first line of a recording to its last */

    /* proofs and checkpoints (verifier_journal.c, checkpoint_read.h) */
    PROOF_TOKENS_MAX = 1024,
    PROOF_EVENT_MAX = 8192, /* bytes of the event, with the NUL */
    PROOF_EVENT_TOKENS_MAX = 256,
    PROOF_PATHS_MAX = 4,
    CHECKPOINT_TEXT_MAX = 2048,
    CHECKPOINT_ORIGIN_MAX = 96, /* with the NUL */
    CHECKPOINT_SIGNATURE_MAX = 80,
    CHECKPOINT_LINES_MAX = 768, /* extension lines, with the NUL */

    /* case.json and log/events.json (verifier_case.c) */
    CASE_TEXT_MAX = 2 << 20,
    CASE_TOKENS_MAX = 32768,
    CASE_EVENTS_MAX = 256,
    CASE_EVENT_TOKENS_MAX = 8192,

    /* an exported journal (verifier_export.c): as many lines as there are, each at most so long */
    EXPORT_LINE_MAX = 1 << 20,
    EXPORT_TOKENS_MAX = 32768,

    /* a history file (history.h) */
    HISTORY_FILE_MAX = 16 << 20,
    HISTORY_LINE_MAX = 2 << 20,

    /* what a reader gives besides: checkpoints, consistency proofs, rule packs */
    SMALL_FILE_MAX = 1 << 20,
};

#endif
