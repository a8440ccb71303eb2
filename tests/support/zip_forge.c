#include "tests/support/zip_forge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void zip_forge(const struct zip_forge_file *files, size_t count, const char *comment, uint8_t **bytes, size_t *size)
{
    zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = zip_open_from_source(out, ZIP_TRUNCATE, NULL);
    assert(zip);
    zip_source_keep(out);
    for (size_t i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(zip, files[i].data, files[i].size, 0);
        zip_int64_t at = zip_file_add(zip, files[i].name, source, ZIP_FL_ENC_UTF_8);
        assert(at >= 0);
        zip_set_file_compression(zip, (zip_uint64_t)at, files[i].method, 0);
        if (files[i].attributes)
            zip_file_set_external_attributes(zip, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX, files[i].attributes);
    }
    if (comment)
        zip_set_archive_comment(zip, comment, (zip_uint16_t)strlen(comment));
    int closed = zip_close(zip);
    assert(closed == 0);
    (void)closed;
    zip_source_open(out);
    zip_source_seek(out, 0, SEEK_END);
    *size = (size_t)zip_source_tell(out);
    zip_source_seek(out, 0, SEEK_SET);
    *bytes = malloc(*size);
    zip_int64_t got = zip_source_read(out, *bytes, *size);
    assert(got == (zip_int64_t)*size);
    (void)got;
    zip_source_close(out);
    zip_source_free(out);
}
