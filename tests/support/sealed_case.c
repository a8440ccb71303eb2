#include "tests/support/sealed_case.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/container.h"
#include "reports/file.h"
#include "station/sealing.h"
#include "tests/support/case_fixture.h"
#include "tests/support/jpeg_make.h"
#include "tests/support/store_fixture.h"

static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

static uint64_t append(struct store *s, const char *kind, const char *body)
{
    uint64_t index;
    must(store_append(s, kind, body, strlen(body), &index, &err));
    return index;
}

static void add_photo(struct store *s, const char *subject)
{
    uint8_t jpeg[JPEG_MAKE_MAX];
    char sha256[65], body[600];
    size_t length = jpeg_make(&(struct jpeg_make){.width = 1920, .height = 1080, .components = 3}, jpeg);
    must(store_object_put(s, jpeg, length, sha256, &err));
    snprintf(body, sizeof body,
             "{\"at\":\"2026-07-01T09:31:00.000+08:00\",\"boot\":\"b\",\"kind\":\"photo\",\"mono_ms\":60000,\"name\":"
             "\"photos/01-front.jpg\",\"officer\":\"H0001\",\"passage\":\"%s\",\"sha256\":\"%s\",\"shows\":\"front\","
             "\"size\":%zu,\"station\":\"652301-0007\"}",
             subject, sha256, length);
    must(store_begin(s, &err));
    must(store_subject_event_add(s, subject, append(s, "photo", body), "photo", &err));
    must(store_file_add(s, subject, "photos/01-front.jpg", sha256, length, &err));
    must(store_commit(s, &err));
}

static int take(void *ctx, const struct store_case *c)
{
    *(struct store_case *)ctx = *c;
    return 1;
}

static char *seal(struct package_fixture *f, struct store *push, const char *dir, size_t *size)
{
    struct queue *queue;
    struct store_case found = {0};
    struct queue_package made;
    char path[800], *bytes;
    must(queue_open(&queue, store_database(push), &err));
    struct sealing sealing = {
        .store = push, .queue = queue, .folder = dir, .offset_minutes = 480, .seals = {f->seal}, .seals_count = 1};
    must(sealing_init(&sealing, &err));
    must(store_case_unsealed(push, 0, 1, take, &found, &err));
    must(sealing_case(&sealing, &found, f->now_ms, &made, &err));
    snprintf(path, sizeof path, "%s/%s", dir, made.path);
    must(file_read(path, CONTAINER_SIZE_MAX, &bytes, size, &err));
    queue_close(queue);
    return bytes;
}

void sealed_case(struct package_fixture *f, const struct case_fixture_step *steps, size_t count)
{
    static struct container c;
    char dir[256];
    size_t size;
    struct store *owner, *push;
    f->now_ms += 600000;
    fixture_folder(dir, sizeof dir);
    must(store_open(&owner, dir, f->station_id, STORE_OWNER, &err));
    must(store_open(&push, dir, f->station_id, STORE_DELIVERY, &err));
    fixture_event(owner, "instrument");
    case_fixture_add_with(owner, f, 1, steps, count);
    add_photo(owner, f->id);
    char *bytes = seal(f, push, dir, &size);
    store_close(push);
    store_close(owner);
    must(container_read(&c, (const uint8_t *)bytes, size, &err));
    for (size_t i = 0; i < c.count; i++)
        if (strcmp(c.entries[i].name, "mimetype") != 0 && strncmp(c.entries[i].name, "META-INF/", 9) != 0)
            package_fixture_put(f, c.entries[i].name, c.entries[i].data, c.entries[i].size);
    free(bytes);
}
