/*
 * What things are called on paper, in Chinese, English and Uyghur: one table, so that a language is one more column.
 *
 * A document has a main language and may have a second one in small beside it. What the table lacks in Uyghur stands
 * in Chinese; a word that it lacks altogether stands for itself, since machine words are never hidden.
 */
#ifndef REPORTS_WORDS_H
#define REPORTS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum words_language {
    WORDS_BOTH, /* Chinese, with English beside it */
    WORDS_ZH,
    WORDS_EN,
    WORDS_UG, /* Uyghur, with Chinese beside it; right to left */
};

bool words_language_by_name(const char *name, enum words_language *out); /* "zh-en" "zh" "en" "ug" */
const char *words_language_tag(enum words_language language);            /* BCP 47: "zh-cn" */

/* The word in the main language; `key` itself where there is none. */
const char *words_main(enum words_language language, const char *key);
/* In the second language, "" where there is none or it says the same. */
const char *words_second(enum words_language language, const char *key);
/* Both, a blank between them; returns `out`. */
const char *words_both(enum words_language language, const char *key, char *out, size_t size);

#endif
