/*
 * The checksum of ZIP entries (CRC-32, ISO 3309, reflected polynomial EDB88320).
 */
#ifndef REPORTS_CRC32_H
#define REPORTS_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t size);

#endif
