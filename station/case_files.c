#include "station/case_files.h"

#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/manifest.h"
#include "station/case_sheet.h"
#include "station/core/civil.h"
#include "station/entries.h"

/* How a kind of file came about; `name` is how its names begin. */
struct kind {
    const char *name, *class_, *method, *proves;
    enum { BY_STATION, BY_SEALER, BY_INSTRUMENT, BY_NOBODY, BY_PHOTOGRAPHER, BY_CAMERA } maker;
    enum { FROM_NOTHING, FROM_WIRE, FROM_RECORD, FROM_PHOTO } from;
};

static const struct kind kinds[] = {
    {"record.json", "电子数据", "检测软件依据仪器原始数据和规则自动生成", "检测过程、结果和判定", BY_STATION,
     FROM_WIRE},
    {"report.", "书证", "封存时依据record.json排版生成", "检测结果和判定（供阅读）", BY_SEALER, FROM_RECORD},
    {"readings.csv", "电子数据", "检测软件依据仪器原始数据解码生成", "检测过程中的全部读数", BY_STATION, FROM_WIRE},
    {"wire/operator.rec", "电子数据", "检测过程中同步记录操作指令", "操作人员的操作", BY_STATION, FROM_NOTHING},
    {"wire/", "电子数据", "检测过程中逐字节同步记录仪器输出，未经处理", "仪器测得的原始数据", BY_INSTRUMENT,
     FROM_NOTHING},
    {"rules/", "电子数据", "检测时所用规则文件的逐字节副本", "适用的限值和程序", BY_NOBODY, FROM_NOTHING},
    {"profiles/", "电子数据", "检测时所用仪器描述文件的逐字节副本", "仪器数据的含义", BY_NOBODY, FROM_NOTHING},
    {"photos/camera-", "视听资料", "号牌识别相机自动拍摄，原样保存", "相机识别的车辆和号牌", BY_CAMERA, FROM_NOTHING},
    {"photos/", "视听资料", "现场拍摄，按相机原样逐字节保存，未经处理", NULL, BY_PHOTOGRAPHER, FROM_NOTHING},
    {"overlay/", "视听资料", "封存时由原图缩小并在图像区外加注文字制成的副本", "供只看图像的接收方阅读", BY_SEALER,
     FROM_PHOTO},
    {"camera/", "电子数据", "号牌识别相机自动生成，原样保存", "相机识别的号牌", BY_CAMERA, FROM_NOTHING},
    {"documents/", "现场笔录", NULL, NULL, BY_NOBODY, FROM_NOTHING},
    {"", "电子数据", NULL, NULL, BY_NOBODY, FROM_NOTHING},
};

static const struct kind *kind_of(const char *name)
{
    const struct kind *k = kinds;
    while (strncmp(name, k->name, strlen(k->name)) != 0)
        k++;
    return k;
}

static void get(const struct json_doc *doc, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (object < 0 || !json_get_string(doc, json_member(doc, (size_t)object, key), out, size))
        out[0] = '\0';
}

static const struct photo *find_photo(const struct photos *photos, const char *name)
{
    for (size_t i = 0; i < photos->count; i++)
        if (strcmp(photos->items[i].name, name) == 0)
            return &photos->items[i];
    return NULL;
}

/* "smoke NHT-6 A1234", as far as the record tells: wire/smoke.rec is what the instrument smoke said. */
static void name_instrument(const struct json_doc *record, const char *file, char out[160])
{
    ptrdiff_t list = json_member(record, 0, "instruments");
    out[0] = '\0';
    for (size_t i = 0; list >= 0 && i < record->tokens[list].count; i++) {
        char name[64], model[64], serial[64], recording[80];
        ptrdiff_t object = json_element(record, (size_t)list, i);
        get(record, object, "name", name, sizeof name);
        snprintf(recording, sizeof recording, "wire/%s.rec", name);
        if (strcmp(recording, file) != 0)
            continue;
        get(record, object, "model", model, sizeof model);
        get(record, object, "serial_read", serial, sizeof serial);
        if (!serial[0])
            get(record, object, "serial", serial, sizeof serial);
        snprintf(out, 160, "%.40s%s%.50s%s%.50s", name, model[0] ? " " : "", model, serial[0] ? " " : "", serial);
    }
}

/* One file's columns that are not known to package_build. */
struct origin {
    char made_by[160], made_at[CIVIL_TIME_TEXT_MAX + 10], location[160];
    const char *proves;
};

static void find_maker(const struct kind *kind, const struct case_json_source *source, const struct json_doc *record,
                       const char *name, const struct photo *photo, struct origin *out)
{
    char version[32];
    ptrdiff_t software = json_member(record, 0, "software");
    switch (kind->maker) {
    case BY_STATION:
        get(record, software, "version", version, sizeof version);
        snprintf(out->made_by, sizeof out->made_by, "smogd %s", version);
        get(record, 0, "ended_at", out->made_at, sizeof out->made_at);
        break;
    case BY_SEALER:
        snprintf(out->made_by, sizeof out->made_by, "smogpush %s", SMOGD_VERSION);
        civil_time_format(source->sealed_ms, source->offset_minutes, out->made_at);
        break;
    case BY_INSTRUMENT:
        name_instrument(record, name, out->made_by);
        get(record, 0, "ended_at", out->made_at, sizeof out->made_at);
        break;
    case BY_PHOTOGRAPHER:
        snprintf(out->made_by, sizeof out->made_by, "%s", photo ? photo->officer : "");
        snprintf(out->made_at, sizeof out->made_at, "%s", photo ? photo->taken : "");
        break;
    case BY_CAMERA:
        get(record, json_member(record, 0, "vehicle"), "plate_by", out->made_by, sizeof out->made_by);
        break;
    case BY_NOBODY: break;
    }
}

static void find_origin(const struct kind *kind, const struct case_json_source *source, const struct json_doc *record,
                        const struct photos *photos, const char *name, const char *sha256, struct origin *out)
{
    char station[64];
    const struct photo *photo = find_photo(photos, name);
    *out = (struct origin){.proves = kind->proves};
    find_maker(kind, source, record, name, photo, out);
    if (photo)
        out->proves = evidence_shows_zh(evidence_shows_by_name(photo->shows));
    get(record, json_member(record, 0, "station"), "id", station, sizeof station);
    if (kind->maker != BY_SEALER && strcmp(name, "record.json") != 0)
        snprintf(out->location, sizeof out->location, "%s objects/%.2s/%s", station, sha256, sha256 + 2);
    else if (kind->maker != BY_SEALER)
        snprintf(out->location, sizeof out->location, "%s smogd.db", station);
}

/* The names of the files it was made from; "" where it was made from none. */
static void find_sources(const struct kind *kind, const struct case_json_source *source, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_array_begin(&w, NULL);
    const struct package_entry *photo =
        kind->from == FROM_PHOTO ? case_sheet_original(source->entries, source->entries_count) : NULL;
    if (photo)
        json_string(&w, NULL, photo->name);
    if (kind->from == FROM_RECORD || kind->from == FROM_PHOTO)
        json_string(&w, NULL, "record.json");
    for (size_t i = 0; kind->from == FROM_WIRE && i < source->entries_count; i++) {
        const char *name = source->entries[i].name;
        if (strncmp(name, "wire/", 5) == 0 || strncmp(name, "rules/", 6) == 0 || strncmp(name, "profiles/", 9) == 0)
            json_string(&w, NULL, name);
    }
    json_array_end(&w);
    if (json_writer_finish(&w) <= 2)
        out[0] = '\0';
}

static void write_file(const struct case_files *room, const struct case_json_source *source,
                       const struct json_doc *record, const struct package_entry *entry, struct json_writer *w)
{
    const struct kind *kind = kind_of(entry->name);
    char sha256[65], sources[16 << 10];
    struct origin origin;
    struct entries e = {0};
    encoding_hex(entry->sha256, sizeof entry->sha256, sha256);
    find_origin(kind, source, record, &room->photos, entry->name, sha256, &origin);
    find_sources(kind, source, sources, sizeof sources);
    entries_text(&e, "class", kind->class_);
    entries_raw(&e, "derived_from", sources[0] ? sources : NULL, strlen(sources));
    entries_text(&e, "format", manifest_media_type(entry->name));
    entries_text(&e, "made_at", origin.made_at);
    entries_text(&e, "made_by", origin.made_by);
    entries_text(&e, "method", kind->method);
    entries_text(&e, "name", entry->name);
    entries_text(&e, "original_location", origin.location);
    entries_text(&e, "proves", origin.proves);
    entries_text(&e, "sha256", sha256);
    entries_integer(&e, "size", (int64_t)entry->size);
    entries_write(&e, w, NULL);
}

int case_files_write(struct case_files *room, const struct case_json_source *source, const struct json_doc *record,
                     struct json_writer *w, struct err *err)
{
    if (photos_read(&room->photos, source->store, source->subject, err) != 0)
        return -1;
    json_array_begin(w, "files");
    for (size_t i = 0; i < source->entries_count; i++)
        write_file(room, source, record, &source->entries[i], w);
    json_array_end(w);
    return 0;
}
