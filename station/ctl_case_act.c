#include <string.h>

#include "station/ctl.h"

int ctl_case_act(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    char facts[8192];
    if (ctl_facts(ctl, facts, sizeof facts, err) != 0)
        return -1;
    entries_text(&arguments, "act", ctl->words[0]);
    if (ctl->facts_count > 0)
        entries_raw(&arguments, "facts", facts, strlen(facts));
    entries_text(&arguments, "ground", ctl->ground);
    entries_text(&arguments, "id", ctl->words[1]);
    entries_text(&arguments, "number", ctl->number);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "police", ctl->police);
    entries_text(&arguments, "reason", ctl->reason);
    entries_text(&arguments, "until", ctl->until);
    if (ctl_call(ctl, "case-act", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    const char *state = ctl_text(ctl, 0, "state"), *repair = ctl_text(ctl, 0, "repair");
    printf("%s: %s %s", ctl_text(ctl, 0, "case"), ctl_word_case(state)->zh, ctl_word_case(state)->en);
    if (strcmp(repair, "none") != 0)
        printf("; %s %s", ctl_word_case(repair)->zh, ctl_word_case(repair)->en);
    printf("\n");
    return 0;
}
