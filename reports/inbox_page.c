#include "reports/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page without script: it shows, it changes nothing. Every value that came from outside is escaped. */

struct page {
    FILE *out;
    size_t rows;
};

static void escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*text, out);
        }
    }
}

static void cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    escaped(out, text);
    fputs("</td>", out);
}

/* The machine's word, and what a person reads. */
struct words {
    const char *word, *shown;
};

static const struct words verdict_words[] = {{"pass", "合格 pass"},
                                             {"fail", "不合格 fail"},
                                             {"suspect", "嫌疑 suspect"},
                                             {"invalid", "无效 invalid"},
                                             {"aborted", "中止 aborted"},
                                             {"void", "作废 void"},
                                             {NULL, NULL}};
static const struct words journal_words[] = {{"first", "首次 first"},
                                             {"agrees", "一致 agrees"},
                                             {"open", "待证 needs proof"},
                                             {"conflict", "⚠ 日志冲突 JOURNAL CONFLICT"},
                                             {NULL, NULL}};
static const struct words decision_words[] = {{"", "待审 waiting"},
                                              {"accepted", "采纳 accepted"},
                                              {"returned", "退回 returned"},
                                              {"penalised", "处罚 penalised"},
                                              {"rectified", "更正 rectified"},
                                              {NULL, NULL}};

static const char *shown(const struct words *words, const char *word)
{
    for (; words->word; words++) {
        if (strcmp(words->word, word) == 0)
            return words->shown;
    }
    return word;
}

static void row(void *ctx, const struct inbox_package *p)
{
    struct page *page = ctx;
    char at[CIVIL_TIME_TEXT_MAX];
    civil_time_format(p->received_ms, INBOX_OFFSET_MINUTES, at);
    page->rows++;
    fprintf(page->out, "<tr%s><td>IN-%08lld</td>", strcmp(p->journal, "conflict") == 0 ? " class=\"bad\"" : "",
            (long long)p->id);
    cell(page->out, at);
    cell(page->out, p->station);
    fprintf(page->out, "<td><a href=\"/packages/%s.asice\">", p->sha256);
    escaped(page->out, p->record);
    fputs("</a></td>", page->out);
    cell(page->out, p->plate);
    cell(page->out, shown(verdict_words, p->verdict));
    cell(page->out, shown(decision_words, p->decision));
    cell(page->out, shown(journal_words, p->journal));
    cell(page->out, p->sender);
    fprintf(page->out, "<td class=\"hash\">%s</td></tr>\n", p->sha256);
}

static const char head[] =
    "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>证据包收件箱 smoginbox</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font:16px sans-serif;margin:1.5em}table{border-collapse:collapse}"
    "th,td{border-bottom:1px solid #bbb;padding:.35em .7em;text-align:left;vertical-align:top}"
    ".hash{font:12px monospace;max-width:20em;overflow-wrap:anywhere}.bad{background:#ffd9d6}</style></head>\n"
    "<body><h1>证据包收件箱 <small>Evidence packages received</small></h1>\n"
    "<p>仅列出通过检验的证据包。Only packages that verified are listed.</p>\n"
    "<table><thead><tr><th>回执号 Receipt</th><th>接收时间 Received</th><th>站点 Station</th><th>记录 Record</th>"
    "<th>号牌 Plate</th><th>结论 Verdict</th><th>处理 Decision</th><th>日志 Journal</th><th>发送方 Sender</th>"
    "<th>SHA-256</th></tr></thead><tbody>\n";

char *inbox_page(const struct inbox *inbox, const char *sender, size_t *length, struct err *err)
{
    char *text = NULL;
    struct page page = {.out = open_memstream(&text, length)};
    if (!page.out) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    fputs(head, page.out);
    int result = inbox_store_list(inbox->store, sender, INBOX_LIST_MAX, row, &page, err);
    fputs("</tbody></table>\n", page.out);
    if (page.rows == 0)
        fputs("<p>尚未收到。Nothing has arrived yet.</p>\n", page.out);
    if (page.rows == INBOX_LIST_MAX)
        fprintf(page.out, "<p>仅显示最近%d件。Only the newest %d are shown.</p>\n", INBOX_LIST_MAX, INBOX_LIST_MAX);
    fputs("</body></html>\n", page.out);
    if (fclose(page.out) != 0 || result) {
        if (!result)
            err_set(err, ERR_FAILED, "out of memory");
        free(text);
        return NULL;
    }
    return text;
}
