/*
 * make_papers FOLDER: pages for tests/e2e/paper.sh, each drawn twice, which must give the same bytes.
 *
 *   NAME-seal.pem           the certificate behind the codes
 *   NAME.pdf                slips of each size, language and outcome, the report, a document
 *   fail.pbm                a slip as the receipt printer gets it
 *   times                   milliseconds and bytes of each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/checkpoint.h"
#include "reports/document_facts.h"
#include "reports/file.h"
#include "reports/slip.h"
#include "reports/slip_note.h"
#include "tests/support/package_fixture.h"

enum { SIGNATURE_CHARS = 102 }; /* a blank, base64, a newline: the usual length */

static const char *folder;
static FILE *times;
static struct err err;

static void must(int result)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_papers: %s\n", err.text);
    exit(1);
}

static void save(const char *name, const void *data, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(file_write(path, data, size, 0644, &err));
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- slips ---- */

static void draw(const struct slip *s, uint8_t **pdf, size_t *size)
{
    struct paper *paper = NULL;
    must(slip_lay(s, &paper, &err));
    if (paper_missing(paper) > 0) {
        fprintf(stderr, "make_papers: %d characters have no font\n", paper_missing(paper));
        exit(1);
    }
    must(paper_pdf(paper, pdf, size, &err));
    paper_close(paper);
}

static void save_slip(const char *name, const struct slip *s)
{
    uint8_t *first, *second;
    size_t size, again;
    draw(s, &first, &size);
    double began = now_ms();
    draw(s, &second, &again);
    fprintf(times, "%s %.1f %zu\n", name, now_ms() - began, size);
    if (size != again || memcmp(first, second, size) != 0) {
        fprintf(stderr, "make_papers: %s is not the same when it is drawn again\n", name);
        exit(1);
    }
    save(name, first, size);
    free(first);
    free(second);
}

static void save_picture(const char *name, const struct slip *s)
{
    struct paper *paper = NULL;
    struct paper_picture picture = {0};
    char *bytes = NULL;
    size_t length = 0;
    must(slip_lay(s, &paper, &err));
    must(paper_draw(paper, &picture, &err));
    FILE *out = open_memstream(&bytes, &length);
    if (!out)
        exit(1);
    fprintf(out, "P4\n%d %zu\n", PAPER_PICTURE_WIDTH, picture.rows);
    fwrite(picture.bits, PAPER_PICTURE_WIDTH / 8, picture.rows, out);
    fclose(out);
    save(name, bytes, length);
    free(bytes);
    free(picture.bits);
    paper_close(paper);
}

/* The text with the first `old` replaced; malloc'ed. */
static char *replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *out = at ? malloc(strlen(text) + strlen(new) + 1) : NULL;
    if (!out) {
        fprintf(stderr, "make_papers: the record has no %s\n", old);
        exit(1);
    }
    snprintf(out, strlen(text) + strlen(new) + 1, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return out;
}

/* A record of that fixture, as its station would have written it: with a name and a place. */
static char *record_of(struct package_fixture *f, const char *station)
{
    char place[512];
    package_fixture_record(f);
    snprintf(place, sizeof place,
             "\"station\":{\"id\":\"652301-0007\",\"kind\":\"joint\",\"latitude\":\"44.01\",\"longitude\":\"87.30\","
             "\"name\":\"%s\",\"region\":\"652301\"}",
             station);
    return replaced(package_fixture_file(f, "record.json")->data, "\"station\":{\"id\":\"652301-0007\"}", place);
}

static void save_certificate(const struct package_fixture *f, const char *name)
{
    char file[64], *pem;
    size_t length;
    must(file_read(f->station.cert_file, 1 << 16, &pem, &length, &err));
    snprintf(file, sizeof file, "%s-seal.pem", name);
    save(file, pem, length);
    free(pem);
}

/* The code of that record, signed by the fixture's station. */
static void sign(struct package_fixture *f, const char *text, bool voided, char code[SLIP_NOTE_MAX])
{
    char lines[CHECKPOINT_LINES_MAX], note[CHECKPOINT_TEXT_MAX + 1];
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        exit(1);
    must(record_open(r, text, strlen(text), &err));
    must(slip_note_lines(r, text, strlen(text), 24, voided, lines, &err));
    record_close(r);
    free(r);
    const struct checkpoint c = {
        .log = f->station_id, .size = 95, .time_ms = f->now_ms, .offset_minutes = 480, .lines = lines};
    do /* signatures differ by a byte or two, which may make the code, and then what stands beside it, a size larger */
        must(checkpoint_sign(&c, f->seal, note, &err));
    while (strlen(strrchr(note, ' ')) != SIGNATURE_CHARS);
    snprintf(code, SLIP_NOTE_MAX, "%.1599s", note);
}

static struct slip slip_of(struct package_fixture *f, const char *record, const char *code)
{
    const struct fixture_file *readings = package_fixture_file(f, "readings.csv");
    return (struct slip){.record = record,
                         .record_length = strlen(record),
                         .readings = readings->data,
                         .readings_length = readings->size,
                         .void_reason = "",
                         .event = 24,
                         .root = "9103f9b14df2643e",
                         .signed_at = "2026-07-01T09:30:05.000+08:00",
                         .code = code,
                         .countersigned = true,
                         .size = PAPER_A5};
}

/* Who and what an ordinary test has. */
static void open_test(struct package_fixture *f, double k)
{
    package_fixture_open_test(f, folder, k);
    f->instruments = "[{\"certificate\":\"JJG976-2026-0042\",\"driver\":\"modbus\",\"name\":\"smoke\","
                     "\"profile\":\"opacimeter-generic\",\"serial\":\"A1234\",\"valid_until\":\"2027-03-01\"}]";
    f->officers = "[{\"number\":\"P0042\",\"role\":\"operator\"},{\"number\":\"P0043\",\"role\":\"second\"},"
                  "{\"number\":\"650012\",\"role\":\"police\"},{\"number\":\"smogd\",\"role\":\"login\"}]";
}

/* A test of that smoke in every size and language. */
static void save_test(const char *name, double k)
{
    static const struct {
        const char *ending;
        enum paper_size size;
        enum words_language language;
    } looks[] = {{"a5", PAPER_A5, WORDS_BOTH},     {"a4", PAPER_A4, WORDS_BOTH}, {"80mm", PAPER_80MM, WORDS_BOTH},
                 {"zh", PAPER_A5, WORDS_ZH},       {"en", PAPER_A5, WORDS_EN},   {"ug", PAPER_A5, WORDS_UG},
                 {"ug-80mm", PAPER_80MM, WORDS_UG}};
    struct package_fixture f;
    char code[SLIP_NOTE_MAX], file[64];
    open_test(&f, k);
    char *record = record_of(&f, "长丰路联合执法站");
    sign(&f, record, false, code);
    save_certificate(&f, name);
    struct slip s = slip_of(&f, record, code);
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        s.size = looks[i].size;
        s.language = looks[i].language;
        snprintf(file, sizeof file, "%s-%s.pdf", name, looks[i].ending);
        save_slip(file, &s);
    }
    s.size = PAPER_80MM;
    s.language = WORDS_BOTH;
    snprintf(file, sizeof file, "%s.pbm", name);
    save_picture(file, &s);
    s.void_reason = "号牌录入错误";
    s.size = PAPER_A5;
    s.alerts[s.alerts_count++] = "curve-again";
    s.alerts[s.alerts_count++] = "tested-until-pass";
    snprintf(file, sizeof file, "%s-void.pdf", name);
    save_slip(file, &s);
    size_t length;
    const struct slip_report report = {.record = s.record,
                                       .record_length = s.record_length,
                                       .readings = s.readings,
                                       .readings_length = s.readings_length};
    uint8_t *pdf;
    must(slip_report_make(&report, &pdf, &length, &err));
    snprintf(file, sizeof file, "%s-report.pdf", name);
    save(file, pdf, length);
    free(pdf);
    free(record);
    package_fixture_close(&f);
}

/* A passage; its code is not signed. */
static void save_passage(void)
{
    struct package_fixture f;
    char code[SLIP_NOTE_MAX];
    package_fixture_open(&f, folder, true);
    char *record = record_of(&f, "长丰路联合执法站");
    must(slip_note_unsigned(record, strlen(record), 24, false, code, &err));
    struct slip s = slip_of(&f, record, code);
    s.countersigned = false;
    s.root = "";
    save_slip("passage-a5.pdf", &s);
    free(record);
    package_fixture_close(&f);
}

/* Everything as long as it can be. */
static void save_longest(void)
{
    static const char officers[] =
        "[{\"number\":\"652301-P00042\",\"role\":\"operator\"},{\"number\":\"652301-P00043\",\"role\":\"ecology\"},"
        "{\"number\":\"652301-P00044\",\"role\":\"ecology\"},{\"number\":\"652301-P00045\",\"role\":\"technician\"},"
        "{\"number\":\"652301-P00046\",\"role\":\"supervisor\"},{\"number\":\"650012\",\"role\":\"police\"},"
        "{\"number\":\"650013\",\"role\":\"police\"},{\"number\":\"root\",\"role\":\"login\"}]";
    static const char *const facts[][2] = {{"fuel", "diesel"},
                                           {"class", "heavy"},
                                           {"gearbox", "manual"},
                                           {"mass_kg", "49000"},
                                           {"power_kw", "412.5"},
                                           {"rated_rpm", "1900"},
                                           {"first_registration", "2019-03-14"},
                                           {"stage", "6"},
                                           {"aspiration", "turbo"},
                                           {"model_year", "2019"},
                                           {"vin", "LZZ5ELSE8KN123456"},
                                           {"owner", "新疆准东丝路通达国际物流有限责任公司"},
                                           {"trailer_plate", "新B1234挂"}};
    struct package_fixture f;
    char code[SLIP_NOTE_MAX];
    package_fixture_open_test(&f, folder, 1.9);
    f.officers = officers;
    must(plate_parse(&f.vehicle.plate, "新AD12345", PLATE_COLOUR_UNKNOWN, &err));
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        must(vehicle_set(&f.vehicle, facts[i][0], facts[i][1], FACT_ROSTER, "P0042", &err));
    char *record =
        record_of(&f, "昌吉回族自治州昌吉市长丰路与乌伊公路交叉口机动车排放污染联合执法检测站（东侧第二检测通道）");
    sign(&f, record, false, code);
    save_certificate(&f, "longest");
    struct slip s = slip_of(&f, record, code);
    s.alerts[s.alerts_count++] = "travel";
    s.alerts[s.alerts_count++] = "input-changed";
    save_slip("longest-a5.pdf", &s);
    s.size = PAPER_A4;
    save_slip("longest-a4.pdf", &s);
    s.size = PAPER_80MM;
    save_slip("longest-80mm.pdf", &s);
    s.size = PAPER_A5;
    s.language = WORDS_UG;
    save_slip("longest-ug.pdf", &s);
    free(record);
    package_fixture_close(&f);
}

/* ---- documents ---- */

/* Twenty answers, as the joint stand's longest lists have. */
static void add_checklist(struct document_facts *facts)
{
    static const struct paper_column columns[] = {{"检查项目", 3.4, false},
                                                  {"结果", 1.1, false},
                                                  {"数值", 1.1, true},
                                                  {"说明", 2.6, false},
                                                  {"检查人", 1.4, false}};
    struct document_table *t = document_table_add(facts, "checklist", columns, 5);
    for (int i = 1; i <= 20; i++) {
        char item[64];
        snprintf(item, sizeof item, "第%d项：排气后处理装置外观与铅封完好", i);
        const char *cells[] = {item, i % 7 ? "合格" : "不合格", i % 5 ? "" : "32.4",
                               i % 7 ? "" : "颗粒捕集器被拆除，已拍照", "P0042"};
        must(document_row_add(t, cells, &err));
    }
    document_set(facts, "checklist.id", "652301-0007-C000001");
}

static void save_documents(void)
{
    static const char *const kinds[] = {"notice",          "on-site-record", "data-list",
                                        "transfer-letter", "retest-result",  "return-letter"};
    static struct document_facts facts;
    struct package_fixture f;
    uint8_t *package, *pdf;
    size_t size, length;
    int64_t ended_ms;
    char path[128], name[64], *text;
    open_test(&f, 1.9);
    package_fixture_fill(&f);
    package_fixture_seal(&f, &package, &size);
    char *record = record_of(&f, "长丰路联合执法站");
    must(document_record(&facts, record, strlen(record), &ended_ms, &err));
    must(document_package(&facts, package, size, &err));
    document_set(&facts, "case.id", "652301-0007-C000001");
    document_set(&facts, "case.reviewer1", "张三（P0042，证号C-0042）");
    document_set(&facts, "case.reviewer2", "李四（P0043，证号C-0043）");
    document_set(&facts, "officers", "张三（P0042，证号C-0042）、李四（P0043，证号C-0043）");
    document_set(&facts, "police", "650012");
    document_set(&facts, "package.sha256", "ebcc825081cdd417b9c02dbe085408140740b4ee69d00f56e3eabd5162d0b552");
    document_set(&facts, "package.sealed", "2026-07-01 09:31:00");
    add_checklist(&facts);
    document_set(&facts, "deadline.repair-by", "2026年7月31日");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct paper *paper = NULL;
        snprintf(path, sizeof path, "reports/templates/%s.txt", kinds[i]);
        snprintf(name, sizeof name, "%s.pdf", kinds[i]);
        must(file_read(path, DOCUMENT_TEMPLATE_MAX, &text, &length, &err));
        must(document_lay(path, text, &facts, ended_ms, &paper, &err));
        must(paper_pdf(paper, &pdf, &length, &err));
        save(name, pdf, length);
        free(pdf);
        free(text);
        paper_close(paper);
    }
    document_facts_free(&facts);
    free(record);
    free(package);
    package_fixture_close(&f);
}

int main(int argc, char **argv)
{
    char path[512];
    if (argc != 2) {
        fprintf(stderr, "make_papers FOLDER\n");
        return 2;
    }
    folder = argv[1];
    snprintf(path, sizeof path, "%s/times", folder);
    times = fopen(path, "w");
    if (!times)
        return 1;
    save_test("pass", 0.4);
    save_test("fail", 1.9);
    save_passage();
    save_longest();
    save_documents();
    fclose(times);
    return 0;
}
