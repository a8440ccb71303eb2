/*
 * Numbers of the ZIP format (APPNOTE 6.3) that container.c reads and container_write.c writes.
 */
#ifndef REPORTS_CONTAINER_FORMAT_H
#define REPORTS_CONTAINER_FORMAT_H

/* What each part begins with, little-endian. */
#define CONTAINER_LOCAL 0x04034B50U
#define CONTAINER_DIRECTORY 0x02014B50U
#define CONTAINER_END 0x06054B50U

/* Bytes of each part without names. */
enum {
    CONTAINER_LOCAL_SIZE = 30,
    CONTAINER_DIRECTORY_SIZE = 46,
    CONTAINER_END_SIZE = 22,
};

/* The upper half of the attributes: a file's mode in Unix. */
enum { CONTAINER_REGULAR_FILE = 0100000, CONTAINER_TYPE_MASK = 0170000 };

#endif
