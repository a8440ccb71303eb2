/* A camera's push: multipart, XML of both namespaces, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/multipart.h"
#include "station/anpr.h"

#define TYPE "multipart/form-data; boundary=b"
#define PART(name, type) "Content-Disposition: form-data; name=\"" name "\"\r\nContent-Type: " type "\r\n\r\n"
#define JPEG "\xff\xd8\xff\xe0 picture"
#define ALERT(inner)                                                                                                   \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EventNotificationAlert version=\"2.0\" "                               \
    "xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><eventType>ANPR</eventType>" inner "</EventNotificationAlert>"
#define PLATE                                                                                                          \
    "<dateTime>2026-07-01T09:30:00+08:00</dateTime><ANPR><licensePlate> 新A66T21 </licensePlate><line>2</line>"       \
    "<direction>forward</direction><confidenceLevel>97</confidenceLevel><plateColor>yellow</plateColor>"               \
    "<plateCharBelieve>99,98,97,96,95,94,93</plateCharBelieve><vehicleType>truck</vehicleType></ANPR>"

static struct anpr_event event;
static struct err err;

/* The body lies alone at the end of its own block, so that a read beyond it is seen. */
static char *held;

static int read_as(const char *type, const char *body, size_t length)
{
    free(held);
    held = malloc(length + 1);
    memcpy(held, body, length);
    err = (struct err){0};
    return anpr_read(&event, type, held, length, &err);
}

static void refuse(const char *type, const char *body, const char *why)
{
    assert_int_equal(read_as(type, body, strlen(body)), -1);
    if (!strstr(err.text, why))
        fail_msg("'%s' is not in '%s'", why, err.text);
}

static void test_parts(void **state)
{
    (void)state;
    static const char body[] =
        "preamble\r\n--b \r\n" PART("anpr.xml", "application/xml") "<a/>\r\n--b\r\n"
                                                                   "content-disposition: form-data; filename=\"x "
                                                                   "\\\"y\\\".jpg\"; name=two\r\n\r\n\r\n--b\r\n" PART(
                                                                       "empty", "text/plain") "\r\n--b--\r\nepilogue";
    struct multipart m;
    struct multipart_part part;
    assert_true(multipart_init(&m, TYPE, body, sizeof body - 1));
    assert_int_equal(multipart_next(&m, &part), MULTIPART_PART);
    assert_string_equal(part.name, "anpr.xml");
    assert_string_equal(part.type, "application/xml");
    assert_int_equal(part.length, 4);
    assert_memory_equal(part.data, "<a/>", 4);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_PART);
    assert_string_equal(part.filename, "x \"y\".jpg");
    assert_string_equal(part.name, "two");
    assert_int_equal(part.length, 0);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_PART);
    assert_string_equal(part.name, "empty");
    assert_int_equal(part.length, 0);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_END);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_END);
}

/* Names and types longer than their room are cut; a quote that nobody closes ends with its line. */
static void test_odd_heads(void **state)
{
    (void)state;
    char body[1024], name[81], head[MULTIPART_HEAD_MAX + 200];
    struct multipart m;
    struct multipart_part part;
    memset(name, 'n', 80);
    name[80] = '\0';
    int length = snprintf(body, sizeof body,
                          "--b\r\nContent-Disposition: form-data; names=x; name=\"%s\"; filename=\"a b\r\n"
                          "Content-Type:\t text / %s\r\nX-Other: name=y\r\nX\r\n\r\nd\r\n--b \t\r\n"
                          "Content-Disposition: form-data; filename=\"c\\\r\n\r\ne\r\n--b--",
                          name, name);
    assert_true(multipart_init(&m, TYPE, body, (size_t)length));
    assert_int_equal(multipart_next(&m, &part), MULTIPART_PART);
    assert_int_equal(strlen(part.name), MULTIPART_TEXT_MAX - 1);
    assert_memory_equal(part.name, name, MULTIPART_TEXT_MAX - 1);
    assert_string_equal(part.filename, "a b");
    assert_int_equal(strlen(part.type), MULTIPART_TEXT_MAX - 1);
    assert_memory_equal(part.type, "text/nnn", 8);
    assert_int_equal(part.length, 1);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_PART);
    assert_string_equal(part.filename, "c\\");
    assert_string_equal(part.name, "");
    assert_memory_equal(part.data, "e", 1);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_END);
    /* a head without end is no head, and what is bad stays bad */
    memset(head, 'h', sizeof head);
    memcpy(head, "--b\r\n", 5);
    memcpy(head + sizeof head - 12, "\r\n\r\n\r\n--b--", 11);
    assert_true(multipart_init(&m, TYPE, head, sizeof head));
    assert_int_equal(multipart_next(&m, &part), MULTIPART_BAD);
    assert_int_equal(multipart_next(&m, &part), MULTIPART_BAD);
    assert_true(multipart_init(&m, TYPE, "--bc\r\n\r\nd\r\n--b--", 18));
    assert_int_equal(multipart_next(&m, &part), MULTIPART_BAD);
    assert_false(multipart_init(&m, "multipart/form-data; boundary=\"\"", body, (size_t)length));
    assert_false(multipart_init(&m, "multipart/form-data; boundary", body, (size_t)length));
    assert_false(multipart_init(&m, "multipart/form-data; boundary:b", body, (size_t)length));
}

static void test_boundaries(void **state)
{
    (void)state;
    struct multipart m;
    char type[200], name[MULTIPART_BOUNDARY_MAX + 2];
    assert_true(multipart_init(&m, "Multipart/Form-Data; charset=x; boundary=\"a b\"", "", 0));
    assert_string_equal(m.delimiter, "\r\n--a b");
    assert_false(multipart_init(&m, "multipart/form-data", "", 0));
    assert_false(multipart_init(&m, "multipart/form-data; boundary=", "", 0));
    assert_false(multipart_init(&m, "multipart/mixed; boundary=b", "", 0));
    memset(name, 'b', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", name);
    assert_false(multipart_init(&m, type, "", 0));
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", name + 1);
    assert_true(multipart_init(&m, type, "", 0));
}

/* Cut anywhere, a body is never mistaken for a whole one. */
static void test_cut_bodies(void **state)
{
    (void)state;
    static const char body[] = "--b\r\n" PART("anpr.xml", "application/xml")
        ALERT(PLATE) "\r\n--b\r\n" PART("detectionPicture.jpg", "image/jpeg") JPEG "\r\n--b--";
    for (size_t length = 0; length < sizeof body - 1; length++)
        assert_int_equal(read_as(TYPE, body, length), -1);
    assert_int_equal(read_as(TYPE, body, sizeof body - 1), 0);
}

static void test_event(void **state)
{
    (void)state;
    static const char body[] = "--b\r\n" PART("anpr.xml", "application/xml")
        ALERT(PLATE "<UUID>a-1</UUID><picName>20260701093000123456789</picName>") "\r\n--b\r\n" PART(
            "licensePlatePicture.jpg", "image/jpeg") JPEG "\r\n--b\r\n" PART("detectionPicture.jpg", "image/jpeg") JPEG
        " large\r\n--b\r\n" PART("detectionPicture.jpg", "image/jpeg") JPEG
        "\r\n--b\r\n" PART("../../etc/passwd", "image/jpeg") JPEG
        "\r\n--b\r\n" PART("note", "text/plain") "hello\r\n--b--\r\n";
    char key[2 * ANPR_TEXT_MAX + 2];
    assert_int_equal(read_as(TYPE, body, sizeof body - 1), 0);
    assert_string_equal(event.event_type, "ANPR");
    assert_string_equal(event.plate, "新A66T21");
    assert_string_equal(event.plate_colour, "yellow");
    assert_string_equal(event.confidence, "97");
    assert_string_equal(event.chars, "99,98,97,96,95,94,93");
    assert_string_equal(event.line, "2");
    assert_string_equal(event.direction, "forward");
    assert_string_equal(event.time, "2026-07-01T09:30:00+08:00");
    assert_int_equal(event.pictures_count, 4);
    assert_string_equal(event.pictures[0].name, "licensePlatePicture.jpg");
    assert_string_equal(event.pictures[1].name, "detectionPicture.jpg");
    assert_string_equal(event.pictures[2].name, "picture2.jpg");
    assert_string_equal(event.pictures[3].name, "picture.jpg");
    assert_int_equal(event.pictures[1].length, sizeof JPEG " large" - 1);
    anpr_key(&event, key);
    assert_string_equal(key, "a-1");
    event.uuid[0] = '\0';
    anpr_key(&event, key);
    assert_string_equal(key, "20260701093000123456789 2026-07-01T09:30:00+08:00"); /* larger than 2^53: a text */
    event.pic_name[0] = '\0';
    anpr_key(&event, key);
    assert_int_equal(strlen(key), 64);
}

static void test_namespaces(void **state)
{
    (void)state;
    static const char other[] = "<h:EventNotificationAlert xmlns:h=\"http://www.hikvision.com/ver20/XMLSchema\">"
                                "<h:eventType>ANPR</h:eventType><h:ANPR><h:licensePlate>A&#x42;&amp;</h:licensePlate>"
                                "</h:ANPR><h:licensePlate>other</h:licensePlate></h:EventNotificationAlert>";
    assert_int_equal(read_as("application/xml; charset=UTF-8", other, sizeof other - 1), 0);
    assert_string_equal(event.plate, "AB&");
    assert_string_equal(event.confidence, ""); /* absent is absent */
    static const char quiet[] = "<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>";
    assert_int_equal(read_as("text/xml", quiet, sizeof quiet - 1), 0);
    assert_string_equal(event.event_type, "videoloss");
}

static void test_refused(void **state)
{
    (void)state;
    refuse("application/json", "{}", "application/json");
    refuse("application/xml", "<a/>", "no eventType");
    refuse("application/xml", "", "cannot be read");
    refuse("application/xml", "<a><b></a>", "mismatched");
    refuse("application/xml", "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "document type");
    refuse("application/xml", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "document type");
    refuse("application/xml", "<a>&e;</a>", "undefined entity");
    refuse("application/xml", "<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q/>", "too deep");
    refuse("application/xml", ALERT("<UUID>0123456789012345678901234567890123456789012345678901234567890123</UUID>"),
           "too long");
    refuse(TYPE, "--b--", "no XML part");
    refuse(TYPE, "--b\r\n" PART("a.xml", "text/xml") "<a/>\r\n--b\r\n" PART("b.xml", "text/xml") "<a/>\r\n--b--",
           "two XML parts");
    refuse(TYPE, "nothing", "cut off or malformed");
    char *large = calloc(1, ANPR_XML_MAX + 2);
    memset(large, ' ', ANPR_XML_MAX + 1);
    refuse("application/xml", large, "at most");
    free(large);
}

/* ---- lists ---- */

static struct anpr_list list;

static void lists(const char *body, size_t count)
{
    free(held);
    held = malloc(strlen(body) + 1);
    memcpy(held, body, strlen(body));
    err = (struct err){0};
    anpr_list_free(&list);
    if (anpr_list_read(&list, held, strlen(body), &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(list.count, count);
}

static void lists_not(const char *body, const char *why)
{
    anpr_list_free(&list);
    err = (struct err){0};
    assert_int_equal(anpr_list_read(&list, body, strlen(body), &err), -1);
    assert_null(list.events);
    if (!strstr(err.text, why))
        fail_msg("'%s' is not in '%s'", why, err.text);
}

#define LISTED "<Plate><picName>20260701093000000010</picName><plateNumber> 新A66T21 </plateNumber></Plate>"

static void test_list_in_xml(void **state)
{
    (void)state;
    lists("<?xml version=\"1.0\"?>\n<x:Plates xmlns:x=\"http://www.isapi.org/ver20/XMLSchema\">" LISTED
          "<Plate><captureTime>20260701T093000+0800</captureTime><laneNo>2</laneNo><direction>forward</direction>"
          "<picName>9007199254740993</picName></Plate></x:Plates>",
          2);
    assert_string_equal(list.events[0].pic_name, "9007199254740993"); /* oldest first; beyond 53 bits to the digit */
    assert_string_equal(list.events[0].line, "2");
    assert_string_equal(list.events[0].time, "20260701T093000+0800");
    assert_string_equal(list.events[0].plate, "");
    assert_string_equal(list.events[1].plate, "新A66T21");
    assert_string_equal(list.events[1].event_type, "ANPR");
    assert_int_equal(list.events[1].xml_length, strlen(LISTED));
    assert_memory_equal(list.events[1].xml, LISTED, strlen(LISTED)); /* its own part and no more */
    char key[2 * ANPR_TEXT_MAX + 2];
    anpr_key(&list.events[0], key);
    assert_string_equal(key, "9007199254740993 20260701T093000+0800");
    lists("<Plates><Plate><picName>1</picName></Plate></Plates>\n", 1);
    lists("<Plates/>", 0);
}

static void test_list_in_json(void **state)
{
    (void)state;
    lists("{\"Plates\":{\"Plate\":[{\"picName\":20260701093000000010,\"plateNumber\":\"新A66T21\",\"laneNo\":1},"
          "{\"picName\":\"7\",\"direction\":null}]}}",
          2);
    assert_true(list.json);
    assert_string_equal(list.events[0].pic_name, "7");
    assert_string_equal(list.events[1].pic_name, "20260701093000000010");
    assert_string_equal(list.events[1].line, "1");
    lists("{\"Plates\":[{\"picName\":\"7\"}]}", 1);
    lists("{\"Plates\":{\"Plate\":{\"picName\":\"7\"}}}", 1);
    lists("{\"Plates\":{}}", 0);
    lists("", 0);
    lists(" \r\n", 0);
}

static void test_lists_that_are_none(void **state)
{
    (void)state;
    lists_not("hello", "line 1");
    lists_not("<ResponseStatus><statusCode>4</statusCode></ResponseStatus>", "ResponseStatus");
    lists_not("<!DOCTYPE a [<!ENTITY e 'x'>]><Plates>&e;</Plates>", "document type");
    lists_not("<Plates><Plate><plateNumber>a</plateNumber></Plate></Plates>", "picName");
    lists_not("<Plates><Plate><Plate/></Plate></Plates>", "within a plate");
    lists_not("<Plates><Plate>", "line 1");
    lists_not("{\"Plates\":[1]}", "no object");
    lists_not("{\"Plates\":[{\"picName\":{}}]}", "picName");
    lists_not("{\"statusCode\":4}", "'Plates'");
    lists_not("{\"Plates\":7}", "no list");
    lists_not("{\"Plates\":[", "cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_odd_heads),
        cmocka_unit_test(test_boundaries),   cmocka_unit_test(test_cut_bodies),
        cmocka_unit_test(test_event),        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_list_in_xml),
        cmocka_unit_test(test_list_in_json), cmocka_unit_test(test_lists_that_are_none),
    };
    int result = cmocka_run_group_tests_name("anpr", tests, NULL, NULL);
    free(held);
    return result;
}
