/* print: the slip as a picture for the receipt printer, which knows no Chinese; smogd hands it on. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "station/ctl.h"

enum {
    ROW = PAPER_PICTURE_WIDTH / 8,
    PIECE = 9 << 10, /* bytes of a piece, which travels as Base64 in a line of the control socket */
};

static int send_piece(struct ctl *ctl, const char *name, const struct paper_picture *picture, size_t first,
                      struct err *err)
{
    size_t whole = picture->rows * ROW, length = whole - first < PIECE ? whole - first : PIECE;
    char *text = malloc(length / 3 * 4 + 8);
    if (!text)
        return err_set(err, ERR_FAILED, "out of memory");
    EVP_EncodeBlock((unsigned char *)text, picture->bits + first, (int)length);
    struct entries arguments = {0};
    entries_text(&arguments, "data", text);
    entries_integer(&arguments, "first", (int64_t)first);
    entries_bool(&arguments, "last", first + length == whole);
    entries_text(&arguments, "name", name);
    entries_integer(&arguments, "width", ROW);
    int result = ctl_call(ctl, "print", &arguments, err);
    free(text);
    return result;
}

int ctl_print(struct ctl *ctl, struct err *err)
{
    struct paper *paper = NULL;
    struct paper_picture picture = {0};
    int result = ctl_paper_slip(ctl, PAPER_80MM, &paper, err);
    if (result == 0)
        result = paper_draw(paper, &picture, err);
    for (size_t first = 0; result == 0 && first < picture.rows * ROW; first += PIECE)
        result = send_piece(ctl, ctl->instrument ? ctl->instrument : "printer", &picture, first, err);
    free(picture.bits);
    paper_close(paper);
    return result == 0 && ctl->json ? ctl_print_line(ctl) : result;
}
