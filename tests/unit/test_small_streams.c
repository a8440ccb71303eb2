/* Weather, speed and engine speed: the published frames, and frames that are nearly right. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/maximet.h"
#include "protocols/rpm.h"
#include "protocols/speed.h"
#include "protocols/vaisala.h"

static struct slice text(const char *at)
{
    return (struct slice){at, strlen(at)};
}

/* The manual's full data string of a GMX300. */
static const char gmx300[] =
    "\x02Q,0999.5,0999.5,0999.5,040,+023.3,+009.1,08.45,,1.2,+015.1,07:58,12:08,16:19,162:+15,16:57,"
    "17:39,18:19,+00,+01,+1,,2018-01-16T10:55:38.5,+05.1,0000,\x03"
    "1F";

static void test_maximet(void **state)
{
    (void)state;
    struct slice body, column;
    size_t count;
    assert_true(maximet_parse(text(gmx300), &body));
    assert_true(maximet_column(body, 5, &column, &count));
    assert_true(slice_is(column, "+023.3"));
    assert_int_equal(count, 25);
    assert_true(maximet_column(body, 8, &column, &count) && column.length == 0); /* empty: absent */
    assert_true(maximet_column(body, 24, &column, &count) && slice_is(column, "0000"));
    assert_false(maximet_column(body, 25, &column, &count));
    char changed[sizeof gmx300];
    for (size_t i = 0; i < strlen(gmx300); i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(changed, gmx300, sizeof gmx300);
            changed[i] = (char)(changed[i] ^ 1 << bit);
            bool same_digit = i == strlen(gmx300) - 1 && (changed[i] == 'f');
            if (maximet_parse((struct slice){changed, strlen(gmx300)}, &body) && !same_digit)
                fail_msg("byte %zu bit %d was not seen", i, bit);
        }
    /* the manual prints 36 beside this one */
    assert_false(maximet_parse(text("\x02Q,1015.3,041,+022.0,+008.5,0000,2015-06-05T10:19:30.8,+05.1,0004,\x03"
                                    "36"),
                               &body));
    assert_true(maximet_parse(text("\x02Q,1015.3,041,+022.0,+008.5,0000,2015-06-05T10:19:30.8,+05.1,0004,\x03"
                                   "25"),
                              &body));
    assert_false(maximet_parse(text("\x02\x03"), &body));
}

static void test_vaisala(void **state)
{
    (void)state;
    struct slice body;
    struct vaisala_parameter p;
    assert_true(vaisala_body(text("0R0,Dm=352D,Sn=0.9M,Sm=2.4M,Sx=3.4M,Ta=29.5C,Ua=46.8P,Pa=1017.1H,Rc=0.00M,Ri=0.0M"),
                             0, &body));
    assert_true(vaisala_next(&body, &p) && slice_is(p.name, "Dm") && slice_is(p.number, "352") && p.unit == 'D');
    size_t more = 0;
    while (vaisala_next(&body, &p))
        more++;
    assert_int_equal(more, 8);
    assert_false(vaisala_body(text("1R0,Dm=352D"), 0, &body));
    assert_true(vaisala_body(text("1R0,Dm=352D"), 1, &body));
    assert_false(vaisala_body(text("0R1,Dm=352D"), 0, &body));
    assert_true(vaisala_body(text("0R0,Dm=352,Dm-352D,Dm=D,Dm=3x2D,Dm=12#"), 0, &body));
    for (int i = 0; i < 4; i++)
        assert_true(vaisala_next(&body, &p) && p.unit == (i == 0 ? '2' : '\0')); /* a missing unit is a wrong one */
    assert_true(vaisala_next(&body, &p) && p.unit == '#');
}

static void test_csri(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0xFE, 0xFD, 0xFD, 0xFE, 60};
    static const uint8_t two[] = {0xF9, 60};
    size_t frame;
    for (int mode = SPEED_CSRI_ONE_BYTE; mode <= SPEED_CSRI_ASCII; mode++) {
        assert_int_equal(speed_csri_find((enum speed_csri_mode)mode, greeting, 3, &frame), SLICE_MORE);
        assert_int_equal(speed_csri_find((enum speed_csri_mode)mode, greeting, 5, &frame), SLICE_FRAME);
        assert_true(speed_is_greeting(greeting, frame));
    }
    assert_int_equal(speed_csri_find(SPEED_CSRI_ONE_BYTE, greeting + 4, 1, &frame), SLICE_FRAME);
    assert_int_equal(frame, 1);
    assert_int_equal(speed_csri_find(SPEED_CSRI_ONE_BYTE, (const uint8_t *)"\xFA", 1, &frame), SLICE_BAD);
    assert_int_equal(speed_csri_find(SPEED_CSRI_TWO_BYTES, two, 1, &frame), SLICE_MORE);
    assert_int_equal(speed_csri_find(SPEED_CSRI_TWO_BYTES, two, 2, &frame), SLICE_FRAME);
    assert_int_equal(speed_csri_value(SPEED_CSRI_TWO_BYTES, two), 60);
    assert_int_equal(speed_csri_find(SPEED_CSRI_TWO_BYTES, (const uint8_t *)"\xF9\xF8", 2, &frame), SLICE_BAD);
    assert_int_equal(speed_csri_find(SPEED_CSRI_ASCII, (const uint8_t *)"\x2B\x31\x32\x35", 4, &frame), SLICE_FRAME);
    assert_int_equal(speed_csri_value(SPEED_CSRI_ASCII, (const uint8_t *)"\x2B\x31\x32\x35"), 125);
    assert_false(speed_is_greeting((const uint8_t *)"+125", 4));
    assert_int_equal(speed_csri_find(SPEED_CSRI_ASCII, (const uint8_t *)"*060", 4, &frame), SLICE_FRAME);
    assert_int_equal(speed_csri_find(SPEED_CSRI_ASCII, (const uint8_t *)"+12+", 4, &frame), SLICE_BAD);
    assert_int_equal(speed_csri_find(SPEED_CSRI_ASCII, (const uint8_t *)"+12", 3, &frame), SLICE_MORE);
}

static void test_mph(void **state)
{
    (void)state;
    static const uint8_t published[2][7] = {{0x02, 0xF4, 0x32, 0x63, 0x4B, 0x01, 0x03},
                                            {0x02, 0x80, 0x01, 0x41, 0x01, 0x37, 0x03}};
    struct speed_mph said;
    size_t frame;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(speed_mph_find(published[0], i + 1, &frame), i < 6 ? SLICE_MORE : SLICE_FRAME);
    speed_mph_parse(published[0], &said);
    assert_int_equal(said.patrol, 50);
    assert_int_equal(said.target, 99);
    assert_int_equal(said.lock, 75);
    assert_false(said.supply_low || said.interference || said.self_test);
    assert_int_equal(speed_mph_find(published[1], 7, &frame), SLICE_FRAME);
    speed_mph_parse(published[1], &said);
    assert_int_equal(said.target, 65);
    speed_mph_parse((const uint8_t *)"\x02\x8C\x00\x32\x00\x00\x03", &said);
    assert_true(said.self_test);
    assert_int_equal(speed_mph_find((const uint8_t *)"\x02\x74", 2, &frame), SLICE_BAD); /* bit 7 is always 1 */
    assert_int_equal(speed_mph_find((const uint8_t *)"\x02\xF4\x32\x63\x4B\x01\x13", 7, &frame), SLICE_BAD);
}

static void test_truspeed(void **state)
{
    (void)state;
    static const char published[] = "$SP,80,213.8,K,M*493D";
    struct slice speed;
    char unit;
    assert_true(speed_truspeed_parse(text(published), &speed, &unit));
    assert_true(slice_is(speed, "80") && unit == 'K');
    char changed[sizeof published];
    for (size_t i = 0; i < strlen(published); i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(changed, published, sizeof published);
            changed[i] = (char)(changed[i] ^ 1 << bit);
            bool same_digit = i == strlen(published) - 1 && changed[i] == 'd';
            if (speed_truspeed_parse((struct slice){changed, strlen(published)}, &speed, &unit) && !same_digit)
                fail_msg("byte %zu bit %d was not seen", i, bit);
        }
}

static void test_rpm(void **state)
{
    (void)state;
    static const uint8_t published[] = {0x30, 0x37, 0x35, 0x30, 0x0D};
    static const uint8_t vtet[] = "fdjzsj:0000rpm";
    size_t frame;
    assert_int_equal(rpm_digits_find(published, 5, &frame), SLICE_FRAME);
    assert_int_equal(rpm_digits_value(published), 750);
    assert_int_equal(rpm_digits_find(published, 4, &frame), SLICE_MORE);
    assert_int_equal(rpm_digits_find((const uint8_t *)"07500", 5, &frame), SLICE_BAD);
    assert_int_equal(rpm_vtet_find(vtet, 14, &frame), SLICE_FRAME);
    assert_int_equal(frame, 14);
    assert_int_equal(rpm_vtet_value(vtet), 0);
    assert_int_equal(rpm_vtet_find((const uint8_t *)"fdjzsj:075rpm", 13, &frame), SLICE_BAD);
    /* the published request obeys the rule of the reply */
    unsigned sum = 0;
    for (size_t i = 5; i < RPM_VMT_REQUEST - 1; i++)
        sum += rpm_vmt_request[i];
    assert_int_equal(rpm_vmt_request[RPM_VMT_REQUEST - 1], 0xFF - sum);
    uint8_t reply[RPM_VMT_REPLY] = {
        0x4E, 0x54, 0x30, 0xFF, 0x41, 7, 1, 0x80, 0x02, 0xEE, 0, 0, 0xFF - (7 + 1 + 0x80 + 2 + 0xEE - 256)};
    assert_int_equal(rpm_vmt_find(reply, sizeof reply, &frame), SLICE_FRAME);
    assert_int_equal(rpm_vmt_value(reply), 750);
    reply[9] ^= 1;
    assert_int_equal(rpm_vmt_find(reply, sizeof reply, &frame), SLICE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maximet), cmocka_unit_test(test_vaisala),  cmocka_unit_test(test_csri),
        cmocka_unit_test(test_mph),     cmocka_unit_test(test_truspeed), cmocka_unit_test(test_rpm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
