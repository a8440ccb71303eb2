/*
 * The store: saved records a second beside raw SQLite on the same disk, plate lookups while the station's years add up,
 * and the verification of the journal beside bare hashing.
 *
 *     bench_store [PASSAGES]        how far the lookups go (1000000)
 */
#include "station/store.h"

#include "reports/sha256.h"
#include "tests/bench/figure.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RECORD_BYTES = 1500,
    SMALL_RECORD_BYTES = 200,
    ROUNDS = 9,
    SAVES = 200,
    GROUP = 100,
    LOOKUPS = 2000,
    PER_PLATE = 20
};

static struct err err;

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench_store: %s: %s\n", what, err.text);
    exit(1);
}

/* ---- saving ---- */

static const char *record_of(int64_t n, int64_t plate, int bytes)
{
    static char record[RECORD_BYTES + 1];
    int head =
        snprintf(record, sizeof record,
                 "{\"id\":\"P%" PRId64 "\",\"instruments\":[{\"name\":\"rsd1\"}],\"vehicle\":{\"colour\":\"yellow\","
                 "\"plate\":\"新A%05" PRId64 "\"},\"x\":\"",
                 n, plate);
    memset(record + head, 'x', (size_t)(bytes - head - 2));
    memcpy(record + bytes - 2, "\"}", 3);
    return record;
}

/* One passage with its event, inside the open transaction. A plate has about PER_PLATE passages in all. */
static void add_passage(struct store *s, int64_t n, int64_t plates, int bytes)
{
    struct store_passage p = {.seq = n,
                              .at_ms = 1000 * n,
                              .instrument = "rsd1",
                              .colour = "yellow",
                              .day = "2026-07-01",
                              .verdict = "pass",
                              .valid = true,
                              .raw = "7b7d"};
    char body[512], digest[65];
    uint64_t index;
    snprintf(p.id, sizeof p.id, "P%" PRId64, n);
    snprintf(p.device_record, sizeof p.device_record, "%" PRId64, n);
    snprintf(p.plate, sizeof p.plate, "新A%05" PRId64, n % plates);
    p.record = record_of(n, n % plates, bytes);
    sha256_hex(p.record, (size_t)bytes, digest);
    int length = snprintf(body, sizeof body,
                          "{\"at\":\"2026-07-01T09:30:00.250+08:00\",\"boot\":\"7b0c6a1e-3f5b-4d7c-9a51-0c4d1e8f2a63\","
                          "\"kind\":\"passage\",\"mono_ms\":%" PRId64 ",\"passage\":\"%s\",\"record_sha256\":\"%s\","
                          "\"station\":\"652301-0007\",\"verdict\":\"pass\"}",
                          n, p.id, digest);
    must(store_append(s, "passage", body, (size_t)length, &index, &err), "append");
    must(store_passage_add(s, &p, index, &err), "passage");
}

static double saved_per_second(struct store *s, int64_t *n, int group, int count)
{
    double start = figure_now();
    for (int done = 0; done < count; done += group) {
        must(store_begin(s, &err), "begin");
        for (int i = 0; i < group; i++)
            add_passage(s, ++*n, 500, RECORD_BYTES);
        must(store_commit(s, &err), "commit");
    }
    return count / (figure_now() - start);
}

static void raw(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_store: %s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3 *raw_open(const char *dir)
{
    char path[600];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/raw.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        exit(1);
    raw(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE r(id INTEGER PRIMARY KEY, b TEXT) STRICT");
    return db;
}

/* The least a database can do: the same bytes into one table without an index. */
static double raw_per_second(sqlite3 *db, int group, int count)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, "INSERT INTO r(b) VALUES(?)", -1, &q, NULL) != SQLITE_OK)
        exit(1);
    double start = figure_now();
    for (int n = 0; n < count;) {
        raw(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < group; i++, n++) {
            sqlite3_bind_text(q, 1, record_of(n, n % 500, RECORD_BYTES), RECORD_BYTES, SQLITE_STATIC);
            if (sqlite3_step(q) != SQLITE_DONE)
                exit(1);
            sqlite3_reset(q);
        }
        raw(db, "COMMIT");
    }
    double rate = count / (figure_now() - start);
    sqlite3_finalize(q);
    return rate;
}

/* The disk alone: append 4 KiB, fdatasync. */
static double syncs_per_second(int fd, int count)
{
    static const char page[4096];
    double start = figure_now();
    for (int i = 0; i < count; i++)
        if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
            exit(1);
    return count / (figure_now() - start);
}

/* The disk's mood changes from second to second: all three take turns, and the medians are compared. */
static void bench_saving(void)
{
    char path[600];
    double single[ROUNDS], raw_single[ROUNDS], grouped[ROUNDS], raw_grouped[ROUNDS], syncs[ROUNDS];
    const char *dir = figure_folder("store-save");
    struct store *s;
    int64_t n = 0;
    must(store_open(&s, dir, "652301-0007", STORE_OWNER, &err), "open");
    sqlite3 *db = raw_open(dir);
    snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int round = 0; round < ROUNDS; round++) {
        syncs[round] = syncs_per_second(fd, SAVES);
        single[round] = saved_per_second(s, &n, 1, SAVES);
        raw_single[round] = raw_per_second(db, 1, SAVES);
        grouped[round] = saved_per_second(s, &n, GROUP, 10 * SAVES);
        raw_grouped[round] = raw_per_second(db, GROUP, 10 * SAVES);
    }
    close(fd);
    sqlite3_close(db);
    store_close(s);
    double limit = figure_median(raw_single, ROUNDS);
    figure_print("passages saved, one commit each", figure_median(single, ROUNDS), "/s",
                 "raw SQLite, same bytes, one table", limit);
    figure_print("passages saved, 100 a commit", figure_median(grouped, ROUNDS), "/s",
                 "raw SQLite, same bytes, one table", figure_median(raw_grouped, ROUNDS));
    figure_print("raw SQLite, one commit each", limit, "/s", "write 4 KiB + fdatasync", figure_median(syncs, ROUNDS));
}

/* ---- plate lookups ---- */

static int count_passage(void *ctx, const struct store_passage *p)
{
    int *count = ctx;
    *count += p->seq > 0;
    return 0;
}

/* Median of one lookup: the newest 20 passages of a plate, and its history of six months. */
static double lookup_us(struct store *s, int64_t plates, double *history_us)
{
    static double list[LOOKUPS], history[LOOKUPS];
    static struct remote_past past[64];
    for (int i = 0; i < LOOKUPS; i++) {
        char plate[40];
        int found = 0;
        size_t count;
        snprintf(plate, sizeof plate, "新A%05" PRId64, (int64_t)i * 7919 % plates);
        double a = figure_now();
        must(store_passage_list(s, plate, "yellow", 0, false, 20, count_passage, &found, &err), "list");
        double b = figure_now();
        must(store_passage_history(s, plate, "yellow", 0, INT64_MAX, past, 64, &count, &err), "history");
        double c = figure_now();
        if (found == 0 || count == 0)
            exit(1);
        list[i] = (b - a) * 1e6;
        history[i] = (c - b) * 1e6;
    }
    *history_us = figure_median(history, LOOKUPS);
    return figure_median(list, LOOKUPS);
}

static void grow(struct store *s, int64_t from, int64_t to)
{
    for (int64_t n = from; n < to;) {
        must(store_begin(s, &err), "begin");
        for (int i = 0; i < 10000 && n < to; i++) {
            n++;
            add_passage(s, n, to / PER_PLATE, SMALL_RECORD_BYTES);
        }
        must(store_commit(s, &err), "commit");
    }
}

/* A database of its own for each size, so that each plate has 20 passages whatever the size. */
static int bench_lookups(int64_t most, char *largest, size_t size)
{
    double first = 0, list = 0, first_history = 0, history = 0;
    for (int64_t rows = 1000; rows <= most; rows *= 10) {
        char name[64], what[96];
        struct store *s;
        snprintf(name, sizeof name, "store-%" PRId64, rows);
        snprintf(largest, size, "%s", figure_folder(name));
        must(store_open(&s, largest, "652301-0007", STORE_OWNER, &err), "open");
        grow(s, 0, rows);
        list = lookup_us(s, rows / PER_PLATE, &history);
        snprintf(what, sizeof what, "newest 20 of a plate, %" PRId64 " passages", rows);
        if (rows == 1000) {
            first = list;
            first_history = history;
        }
        figure_print(what, list, "us", "with 1000 passages", first);
        snprintf(what, sizeof what, "history of a plate, %" PRId64 " passages", rows);
        figure_print(what, history, "us", "with 1000 passages", first_history);
        store_close(s);
    }
    return figure_bound("plate lookup, largest to smallest", list / first, "x", 2.0, 0) |
           figure_bound("plate history, largest to smallest", history / first_history, "x", 2.0, 0);
}

/* ---- verification ---- */

/* What hashing alone takes: each event's text as a leaf, each leaf's share of the tree above. */
static double hashes_per_second(uint64_t events)
{
    char body[330];
    struct merkle_hash leaf, node;
    memset(body, 'x', sizeof body);
    memset(&node, 0, sizeof node);
    double start = figure_cpu();
    for (uint64_t i = 0; i < events; i++) {
        merkle_leaf(body, sizeof body, &leaf);
        merkle_node(&leaf, &node, &node);
    }
    return (double)events / (figure_cpu() - start);
}

static int bench_verify(const char *dir)
{
    struct store *s;
    struct store_verify_result result;
    must(store_open(&s, dir, NULL, STORE_READER, &err), "open");
    double start = figure_cpu();
    must(store_verify(s, &result, NULL, NULL, &err), "verify");
    double rate = (double)result.events / (figure_cpu() - start);
    store_close(s);
    figure_print("journal verify, events with their records", rate, "/s of processor",
                 "SHA-256 of leaves and nodes alone", hashes_per_second(result.events));
    return figure_bound("journal verify", rate, "/s of processor", 200000, 1);
}

int main(int argc, char **argv)
{
    char largest[512];
    int64_t most = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    if (most < 1000) {
        fputs("usage: bench_store [PASSAGES]   at least 1000\n", stderr);
        return 2;
    }
    bench_saving();
    int missed = bench_lookups(most, largest, sizeof largest);
    return missed | bench_verify(largest);
}
