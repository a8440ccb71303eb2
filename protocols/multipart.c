#include "protocols/multipart.h"

#include <string.h>
#include <strings.h>

/* The value of `; key=…` in a header line of `length` bytes, quoted or not, cut to the buffer. False: it has none. */
static bool parameter(const char *line, size_t length, const char *key, char *out, size_t size)
{
    size_t key_length = strlen(key), n = 0;
    out[0] = '\0';
    for (size_t i = 0; i + key_length + 1 < length; i++) {
        bool begins = i > 0 && strchr("; \t", line[i - 1]) && strncasecmp(line + i, key, key_length) == 0 &&
                      line[i + key_length] == '=';
        if (!begins)
            continue;
        size_t at = i + key_length + 1;
        bool quoted = line[at] == '"';
        for (at += quoted; at < length && (quoted ? line[at] != '"' : !strchr("; \t", line[at])); at++) {
            at += quoted && line[at] == '\\' && at + 1 < length;
            if (n + 1 < size)
                out[n++] = line[at];
        }
        out[n] = '\0';
        return true;
    }
    return false;
}

bool multipart_init(struct multipart *m, const char *content_type, const void *body, size_t length)
{
    static const char type[] = "multipart/form-data";
    char boundary[MULTIPART_BOUNDARY_MAX + 2];
    *m = (struct multipart){.at = body, .end = (const uint8_t *)body + length};
    if (strncasecmp(content_type, type, sizeof type - 1) != 0 ||
        !parameter(content_type, strlen(content_type), "boundary", boundary, sizeof boundary))
        return false;
    size_t n = strlen(boundary);
    if (n == 0 || n > MULTIPART_BOUNDARY_MAX)
        return false;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, n + 1);
    m->delimiter_length = n + 4;
    return true;
}

static const uint8_t *find(const uint8_t *at, const uint8_t *end, const char *what, size_t length)
{
    while ((size_t)(end - at) >= length) {
        const uint8_t *hit = memchr(at, what[0], (size_t)(end - at) - length + 1);
        if (!hit || memcmp(hit, what, length) == 0)
            return hit;
        at = hit + 1;
    }
    return NULL;
}

/* Goes behind the first delimiter, which may stand at the very beginning, without CRLF. */
static bool begin(struct multipart *m)
{
    size_t bare = m->delimiter_length - 2;
    m->begun = true;
    if ((size_t)(m->end - m->at) >= bare && memcmp(m->at, m->delimiter + 2, bare) == 0) {
        m->at += bare;
        return true;
    }
    const uint8_t *hit = find(m->at, m->end, m->delimiter, m->delimiter_length);
    m->at = hit ? hit + m->delimiter_length : m->end;
    return hit != NULL;
}

static void read_header(struct multipart_part *part, const char *line, size_t length)
{
    static const char disposition[] = "Content-Disposition:", type[] = "Content-Type:";
    if (length >= sizeof disposition - 1 && strncasecmp(line, disposition, sizeof disposition - 1) == 0) {
        parameter(line, length, "name", part->name, sizeof part->name);
        parameter(line, length, "filename", part->filename, sizeof part->filename);
    } else if (length >= sizeof type - 1 && strncasecmp(line, type, sizeof type - 1) == 0) {
        const char *at = line + sizeof type - 1;
        size_t n = 0;
        for (; at < line + length; at++)
            if (*at != ' ' && *at != '\t' && n + 1 < sizeof part->type)
                part->type[n++] = *at;
        part->type[n] = '\0';
    }
}

/* Reads the header lines up to the empty one; m->at is behind it afterwards. */
static bool read_head(struct multipart *m, struct multipart_part *part)
{
    const uint8_t *limit = m->end - m->at > MULTIPART_HEAD_MAX ? m->at + MULTIPART_HEAD_MAX : m->end;
    for (;;) {
        const uint8_t *line = m->at, *end = find(line, limit, "\r\n", 2);
        if (!end)
            return false;
        m->at = end + 2;
        if (end == line)
            return true;
        read_header(part, (const char *)line, (size_t)(end - line));
    }
}

static enum multipart_result bad(struct multipart *m)
{
    m->at = m->end = NULL;
    return MULTIPART_BAD;
}

enum multipart_result multipart_next(struct multipart *m, struct multipart_part *part)
{
    *part = (struct multipart_part){0};
    if (!m->end || (!m->begun && !begin(m)))
        return bad(m);
    if (m->end - m->at >= 2 && memcmp(m->at, "--", 2) == 0)
        return MULTIPART_END;
    while (m->at < m->end && (*m->at == ' ' || *m->at == '\t'))
        m->at++;
    if (m->end - m->at < 2 || memcmp(m->at, "\r\n", 2) != 0)
        return bad(m);
    m->at += 2;
    if (!read_head(m, part))
        return bad(m);
    /* the CRLF of the delimiter may be the one that ended the head: an empty part */
    const uint8_t *hit = find(m->at - 2, m->end, m->delimiter, m->delimiter_length);
    if (!hit)
        return bad(m);
    part->data = m->at;
    part->length = hit < m->at ? 0 : (size_t)(hit - m->at);
    m->at = hit + m->delimiter_length;
    return MULTIPART_PART;
}
