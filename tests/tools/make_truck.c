/*
 * make_truck FOLDER [PICTURE …]: packages for the pages of the inbox, each with a CA of its own (FOLDER/KIND/ca.pem):
 *
 *   truck.asice     a truck that failed by free acceleration, with its readings and these pictures
 *   hostile.asice   a passage that verifies, whose record holds markup, huge texts and marks that turn lines about
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/file.h"
#include "tests/support/package_fixture.h"

static void must(int result, const struct err *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_truck: %s\n", err->text);
    exit(1);
}

static void seal_and_save(struct package_fixture *f, const char *folder, const char *name)
{
    char path[512];
    uint8_t *bytes;
    size_t size;
    struct err err;
    package_fixture_fill(f);
    package_fixture_seal(f, &bytes, &size);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(file_write(path, bytes, size, 0644, &err), &err);
    free(bytes);
    package_fixture_close(f);
}

static void put_picture(struct package_fixture *f, const char *path)
{
    char name[FIXTURE_NAME_MAX], *data;
    size_t size;
    struct err err;
    const char *slash = strrchr(path, '/');
    must(file_read(path, 8 << 20, &data, &size, &err), &err);
    snprintf(name, sizeof name, "photos/%.40s", slash ? slash + 1 : path);
    package_fixture_put(f, name, data, size)->of_record = true;
    free(data);
}

static const char *folder_of(const char *folder, const char *kind)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    mkdir(path, 0700);
    return path;
}

static void make_truck(const char *folder, char **pictures)
{
    static struct package_fixture f;
    package_fixture_open_test(&f, folder_of(folder, "truck"), 1.9);
    f.instruments = "[{\"certificate\":\"JJG976-2026-0042\",\"driver\":\"modbus\",\"model\":\"opacimeter-generic\","
                    "\"name\":\"smoke\",\"serial\":\"A1234\",\"valid_until\":\"2027-03-01\"}]";
    for (; *pictures; pictures++)
        put_picture(&f, *pictures);
    seal_and_save(&f, folder, "truck.asice");
}

static void make_hostile(const char *folder)
{
    static struct package_fixture f;
    static char instruments[3000];
    char huge[1500];
    memset(huge, 'W', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    package_fixture_open(&f, folder_of(folder, "hostile"), true);
    snprintf(
        instruments, sizeof instruments,
        "[{\"certificate\":\"</dd><script>alert(1)</script>\",\"driver\":\"jsonl\","
        "\"model\":\"\\\" onerror=\\\"alert(2)\",\"name\":\"<img src=x onerror=alert(3)>\",\"serial\":\"%s\"},"
        "{\"driver\":\"jsonl\",\"model\":\"&#60;b&#62;&amp;\",\"name\":\"\342\200\256desrever\",\"serial\":\"'x'\"}]",
        huge);
    f.instruments = instruments;
    seal_and_save(&f, folder, "hostile.asice");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "make_truck FOLDER [PICTURE ...]\n");
        return 2;
    }
    make_truck(argv[1], argv + 2);
    make_hostile(argv[1]);
    return 0;
}
