/* The characters of GBK, row by row (protocols/gbk.c). */
#ifndef PROTOCOLS_GBK_TABLE_H
#define PROTOCOLS_GBK_TABLE_H

#include <stdint.h>

enum { GBK_LEADS = 126, GBK_TRAILS = 190 };

extern const uint16_t gbk_table[GBK_LEADS][GBK_TRAILS];

#endif
