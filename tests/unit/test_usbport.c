/* A USB adapter is found again whatever the kernel calls its port: against a tree that looks like sysfs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensors/links/usbport.h"

static char root[200];
static char path[100];
static struct err err;

static void make_folder(const char *name)
{
    char whole[400];
    snprintf(whole, sizeof whole, "%s/%s", root, name);
    for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(whole, 0755);
        *at = '/';
    }
    mkdir(whole, 0755);
}

static void write_line(const char *folder, const char *name, const char *text)
{
    char whole[400];
    snprintf(whole, sizeof whole, "%s/%s/%s", root, folder, name);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

/* An adapter in socket `where`, whose port the kernel calls `tty`. */
static void plug(const char *where, const char *vendor, const char *product, const char *serial, const char *interface,
                 const char *tty)
{
    char device[100], folder[200], link[400], target[300];
    snprintf(device, sizeof device, "devices/pci0/usb1/%s", where);
    snprintf(folder, sizeof folder, "%s/%s:1.%s/%s/tty/%s", device, where, interface, tty, tty);
    make_folder(folder);
    write_line(device, "idVendor", vendor);
    write_line(device, "idProduct", product);
    if (serial)
        write_line(device, "serial", serial);
    snprintf(folder, sizeof folder, "%s/%s:1.%s", device, where, interface);
    write_line(folder, "bInterfaceNumber", interface);
    snprintf(link, sizeof link, "%s/class/tty/%s", root, tty);
    snprintf(target, sizeof target, "../../%s/%s/tty/%s", folder, tty, tty);
    assert_int_equal(symlink(target, link), 0);
}

static void unplug(const char *tty)
{
    char link[400];
    snprintf(link, sizeof link, "%s/class/tty/%s", root, tty);
    assert_int_equal(unlink(link), 0);
}

static int setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/sysXXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(root));
    make_folder("class/tty");
    make_folder("devices/virtual/tty/tty0");
    char link[400];
    snprintf(link, sizeof link, "%s/class/tty/tty0", root);
    assert_int_equal(symlink("../../devices/virtual/tty/tty0", link), 0);
    return 0;
}

static void finds(const char *device, const char *wanted)
{
    err = (struct err){0};
    assert_int_equal(usbport_find(root, device, path, sizeof path, &err), 0);
    assert_string_equal(path, wanted);
}

static void finds_none(const char *device, const char *why)
{
    err = (struct err){0};
    assert_int_equal(usbport_find(root, device, path, sizeof path, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    if (!strstr(err.text, why))
        fail_msg("'%s' is not in '%s'", why, err.text);
}

static void test_found_again_under_another_name(void **state)
{
    (void)state;
    finds_none("usb:0403:6001:A50285BI", "not plugged in");
    plug("1-2", "0403", "6001", "A50285BI", "00", "ttyUSB0");
    finds("usb:0403:6001:A50285BI", "/dev/ttyUSB0");
    unplug("ttyUSB0");
    finds_none("usb:0403:6001:A50285BI", "not plugged in");
    plug("1-4", "0403", "6001", "OTHER", "00", "ttyUSB0");
    finds_none("usb:0403:6001:A50285BI", "not plugged in");
    plug("1-3", "0403", "6001", "A50285BI", "00", "ttyUSB7");
    finds("usb:0403:6001:A50285BI", "/dev/ttyUSB7");
    finds("usb:0403:6001:OTHER", "/dev/ttyUSB0");
    finds_none("usb:0403:6001", "ttyUSB"); /* both fit, and it says so */
}

static void test_adapters_without_serial_number(void **state)
{
    (void)state;
    plug("1-1", "1a86", "7523", NULL, "00", "ttyUSB1");
    finds("usb:1A86:7523", "/dev/ttyUSB1");
    finds_none("usb:1a86:7523:123", "not plugged in");
    finds_none("usb:1a86:7524", "not plugged in");
    plug("1-6", "1a86", "7523", NULL, "00", "ttyUSB2");
    finds_none("usb:1a86:7523", "by-path");
}

static void test_several_ports_on_one_adapter(void **state)
{
    (void)state;
    plug("1-1", "0403", "6011", "FT1", "00", "ttyUSB1");
    plug("1-1", "0403", "6011", "FT1", "0a", "ttyUSB2");
    finds("usb:0403:6011:FT1:0", "/dev/ttyUSB1");
    finds("usb:0403:6011::10", "/dev/ttyUSB2");
    finds_none("usb:0403:6011:FT1", "interface");
}

static void named(const char *tty, const char *wanted)
{
    char name[100];
    assert_int_equal(usbport_name(root, tty, name, sizeof name), wanted[0] != '\0');
    assert_string_equal(name, wanted);
}

static void test_the_name_of_a_port(void **state)
{
    (void)state;
    plug("1-2", "0403", "6001", "A50285BI", "00", "ttyUSB0");
    plug("1-1", "0403", "6011", "FT1", "00", "ttyUSB1");
    plug("1-1", "0403", "6011", "FT1", "0a", "ttyUSB2");
    plug("1-5", "1a86", "7523", NULL, "00", "ttyUSB3");
    named("ttyUSB0", "usb:0403:6001:A50285BI");
    named("ttyUSB1", "usb:0403:6011:FT1:0"); /* told apart from its sister */
    named("ttyUSB2", "usb:0403:6011:FT1:10");
    named("ttyUSB3", "usb:1a86:7523");
    named("tty0", "");
    named("ttyUSB9", "");
    plug("1-6", "1a86", "7523", NULL, "00", "ttyUSB4");
    named("ttyUSB3", ""); /* nothing tells the two apart */
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"usb:",
                                      "usb:0403",
                                      "usb:403:6001",
                                      "usb:0403:60g1",
                                      "/dev/ttyUSB0",
                                      "usb:0403:6001:a:x",
                                      "usb:0403:6001:a:123",
                                      "usb:0403:6001:a:1:2",
                                      "usb:0403:6001:0123456789012345678901234567890123456789012345678901234567890123"};
    struct usbport usb;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct err){0};
        assert_int_equal(usbport_parse(&usb, bad[i], &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_true(usbport_is("usb:0403:6001"));
    assert_false(usbport_is("/dev/usb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_found_again_under_another_name, setup),
        cmocka_unit_test_setup(test_adapters_without_serial_number, setup),
        cmocka_unit_test_setup(test_several_ports_on_one_adapter, setup),
        cmocka_unit_test_setup(test_the_name_of_a_port, setup),
        cmocka_unit_test_setup(test_names_that_are_none, setup),
    };
    return cmocka_run_group_tests_name("usbport", tests, NULL, NULL);
}
