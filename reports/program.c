#include "reports/program.h"

#include "reports/file.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

enum { BUILD_ID_BYTES_MAX = 32 };

/* The notes of one segment; true when the build id was among them. */
static bool find_build_id(const uint8_t *note, size_t size, char *out)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        memcpy(&head, note, sizeof head);
        size_t name_room = (head.n_namesz + 3U) & ~3U;
        size_t content_room = (head.n_descsz + 3U) & ~3U;
        if (sizeof head + name_room + content_room > size)
            return false;
        const uint8_t *name = note + sizeof head;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
            head.n_descsz <= BUILD_ID_BYTES_MAX) {
            for (size_t i = 0; i < head.n_descsz; i++)
                snprintf(out + 2 * i, 3, "%02x", name[name_room + i]);
            return true;
        }
        note += sizeof head + name_room + content_room;
        size -= sizeof head + name_room + content_room;
    }
    return false;
}

const char *program_build_id(void)
{
    static char text[2 * BUILD_ID_BYTES_MAX + 1];
    if (text[0])
        return text;
    /* The kernel tells where the program headers lie; the headers tell where they think they lie: the difference is
     * the address that the program was loaded at. */
    uintptr_t at = (uintptr_t)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)at; // NOLINT(performance-no-int-to-ptr): the kernel gives numbers
    uintptr_t base = 0;
    for (size_t i = 0; i < count; i++)
        if (headers[i].p_type == PT_PHDR)
            base = at - headers[i].p_vaddr;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *segment = (const uint8_t *)(base + headers[i].p_vaddr); // NOLINT(performance-no-int-to-ptr)
        if (headers[i].p_type == PT_NOTE && find_build_id(segment, headers[i].p_memsz, text))
            break;
    }
    return text;
}

int program_sha256(char hex[65], struct err *err)
{
    return file_sha256("/proc/self/exe", hex, NULL, err);
}

static int print_version(const char *name)
{
    char digest[65];
    struct err err;
    if (program_sha256(digest, &err) != 0) {
        fprintf(stderr, "%s: %s\n", name, err.text);
        return (int)err.code;
    }
    printf("%s %s\nbuild-id %s\nsha256 %s\n", name, SMOGD_VERSION, program_build_id(), digest);
    return 0;
}

int program_answer(int argc, char **argv, const char *name, const char *help)
{
    int code = 0;
    if (argc < 2)
        return -1;
    if (strcmp(argv[1], "--version") == 0)
        code = print_version(name);
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        fputs(help, stdout);
    else
        return -1;
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: cannot write the answer: is the disk full or the pipe closed?\n", name);
        return ERR_UNREACHABLE;
    }
    return code;
}
