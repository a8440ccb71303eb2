/*
 * One command line for officers, technicians and scripts.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "reports/program.h"
#include "station/ctl.h"

/* In parts: a compiler must take a text of 4095 bytes, not more. */
static const char help_station[] =
    "usage: smogctl [-c FILE] [--json] COMMAND\n"
    "\n"
    "  status                              daemon, instruments, lockouts, disk, clock, outbox\n"
    "  instruments [NAME]                  live values, quality, certificate, firmware\n"
    "  instruments --probe [PORT]          serial ports of this machine, and which known instrument answers there\n"
    "  zero NAME · span NAME --filter REFERENCE|K · leak-test NAME --result none|leak\n"
    "                                      metrology checks, recorded\n"
    "  check list [NAME] [--limit N] · check show ID\n"
    "  order NAME WHAT                     remote manual measure standby pause leak-test pump-on pump-off "
    "clear-maximum\n"
    "  test start --plate P --colour C --method M [--vehicle key=value …] [--officer N [--officer2 N]] [--police N]\n"
    "             [--suggestion ID]      the plate was confirmed from what a camera read\n"
    "             [--confirm KEY,…]      these facts are right, though earlier records say otherwise\n"
    "  test watch ID · test show ID · test readings ID · test list [--since T] [--limit N]\n"
    "  test confirm ID · test bypass-warm ID --reason TEXT · test observe ID ringelmann=N\n"
    "  test abort ID --reason TEXT · test void ID --reason TEXT\n"
    "  statement ID signed|unsigned|refused [--remark TEXT] [--officer N]     what the driver says to the test\n"
    "  sequence [--since T]                numbers of the tests: gaps, and by officer aborts, voids, bypasses\n"
    "  lockout clear CODE [--instrument NAME | --plate P --colour C] --reason TEXT --officer N\n"
    "  passes [--since T] [--invalid] [--limit N] · passes ID      remote-sensing records\n"
    "  plate P [--colour C] [-o F.pdf]     everything known of a vehicle; as its dossier\n"
    "  roster import FILE.csv [--name TEXT] [--from D] [--to D]    a fleet's list for a depot visit (days, default: "
    "today)\n"
    "  roster list [N] · roster report [N] · roster absent PLATE --reason TEXT [--officer N]\n"
    "  history export [--plate P] [--since T] -o FILE · history import FILE --ca CA.pem [--officer N]\n"
    "                                      what is known of vehicles, to and from other stations, provable\n"
    "  alerts [ID] [--since T] [--limit N] what a supervisor is to look at\n"
    "  checklist [ID]                      the lists there are, or one that was filled in\n"
    "  checklist start TEST | --plate P --colour C [--name LIST] · checklist end ID [--officer N]\n"
    "  checklist answer ID ITEM passed|failed|not-checked [--value V] [--remark TEXT] [--photo FILE] [--officer N]\n"
    "  referrals [environment|police|transport]     failed items, by whose they are\n"
    "  photo add ID FILE.jpg [--kind front|rear|plate|exhaust|vin|…] [--officer N] · photo list ID\n"
    "                                      pictures of a test or passage, kept as the camera made them\n"
    "  codes [TABLE]                       code lists of vehicles: hpzl, cllx, fuel, use …\n"
    "  rules list · rules unconfirmed      the law in force here; its numbers that nobody has confirmed\n"
    "  plates suggest [--limit N]          what cameras have read, newest first\n";
static const char help_office[] =
    "  case list [--due] [--state S] [--plate P [--colour C]] [--limit N] · case show ID\n"
    "  case review|send|return ID --officer N [--police N] [--reason TEXT]     two different officers review, then "
    "send\n"
    "  case ACT ID [--officer N] [--police N] [--number N] [--ground 1-8] [--reason TEXT] [--until D]\n"
    "                                      handle receive police-review enter police-return notify object uphold\n"
    "                                      dismiss remove penalise pay · repair-notice repair overdue blacklist "
    "release\n"
    "  case file ID --police N --facts driver.KEY=VALUE decision.KEY=VALUE …   a decision on the spot, for 04C54\n"
    "  officer add NUMBER --name N --role ecology|police|technician|supervisor|auditor [--certificate C] [--officer "
    "N]\n"
    "  officer list · officer disable NUMBER [--officer N] · officer pin NUMBER [--officer N]     for the console\n"
    "  outbox list · outbox show ID · outbox retry ID [--outlet NAME] · outbox release ID [--outlet NAME]\n"
    "  print ID [--instrument NAME]        the slip on the receipt printer (instrument 'printer')\n"
    "  bulletin [FOLDER …] --from D --to D [--zone +06:00] [--public] [--encoding E] [-o F.txt|pdf|csv|xlsx]\n"
    "                                      what was tested and failed in these days; FOLDER: state of another station\n"
    "  export records|counted|passages|readings --from D --to D [--layout pinyin|conox|FILE] [--zone Z] -o FILE\n"
    "                                      for other programs: JSON lines, CSV\n"
    "  slip ID -o F.pdf|F.txt [--size a4|a5|80mm] [--lang zh-en|zh|en|ug]\n"
    "  notice CASE -o F.pdf · document KIND CASE -o F.pdf [--set NAME=VALUE …] · document list\n"
    "                                      papers of the procedure, from the agency's templates\n"
    "  package CASE -o F.asice · rejudge ID|F.asice\n";
static const char help_proofs[] =
    "  backup FILE                         database, objects and packages as they are now, while smogd runs\n"
    "  restore FILE [--reason TEXT] [--officer N]     into an empty state folder, after everything is verified\n"
    "  journal verify [--records] [--ratchet KEYFILE]     --records: every file and every record, too\n"
    "  journal export -o F\n"
    "  journal tiles -o FOLDER [--entries] static files for a web server; with the events where wanted\n"
    "  journal ratchet -o KEYFILE          begins the forward-secure seal; the key is shown this once\n"
    "  journal checkpoint [EVENTS]         the newest signed one, or the first that covers so many events\n"
    "  journal checkpoint --consistency OLD [--to NEWER | EVENTS]     the proof that one continues the other\n"
    "  journal witness-request [NAME] -o F · journal witness-import F · journal witnessed [NAME]\n"
    "                                      another agency's co-signature (smogwitness), there and back, and the last "
    "one\n"
    "\n"
    "  -c FILE   the station's configuration (/etc/smogd/smogd.conf)\n"
    "  --json    one JSON object (test watch: one a line)\n"
    "\n"
    "exit: 0 done or pass, 1 the answer is no, 2 wrong usage, 3 daemon or file cannot be reached, 4 refused\n";

/* `words`: how many follow; `options`: those that the command knows, by their letters. */
static const struct command {
    const char *name, *name2;
    size_t words_min, words_max;
    const char *options;
    ctl_command *run;
} commands[] = {
    {"status", NULL, 0, 0, "", ctl_status},
    {"instruments", NULL, 0, 1, "b", ctl_instruments},
    {"zero", NULL, 1, 1, "f", ctl_zero},
    {"span", NULL, 1, 1, "kf", ctl_span},
    {"leak-test", NULL, 1, 1, "xf", ctl_leak_test},
    {"check", "list", 0, 1, "l", ctl_check_list},
    {"check", "show", 1, 1, "", ctl_check_show},
    {"order", NULL, 2, 2, "f", ctl_order},
    {"test", "start", 0, 0, "pqmvfgd23", ctl_test_start},
    {"test", "watch", 1, 1, "", ctl_test_watch},
    {"test", "show", 1, 1, "", ctl_test_show},
    {"test", "list", 0, 0, "sl", ctl_test_list},
    {"test", "readings", 1, 1, "", ctl_test_readings},
    {"statement", NULL, 2, 2, "Yf", ctl_statement},
    {"sequence", NULL, 0, 0, "s", ctl_sequence},
    {"test", "confirm", 1, 1, "", ctl_test_confirm},
    {"test", "bypass-warm", 1, 1, "r", ctl_test_bypass},
    {"test", "observe", 2, 2, "", ctl_test_observe},
    {"test", "abort", 1, 1, "r", ctl_test_abort},
    {"test", "void", 1, 1, "rf", ctl_test_void},
    {"lockout", "clear", 1, 1, "urfpq", ctl_lockout_clear},
    {"passes", NULL, 0, 1, "sil", ctl_passes},
    {"plate", NULL, 1, 1, "qlo", ctl_plate},
    {"alerts", NULL, 0, 1, "sl", ctl_alerts},
    {"checklist", "start", 0, 1, "epqf", ctl_checklist_start},
    {"checklist", "answer", 3, 3, "XYZf", ctl_checklist_answer},
    {"checklist", "end", 1, 1, "f", ctl_checklist_end},
    {"checklist", NULL, 0, 1, "", ctl_checklist},
    {"referrals", NULL, 0, 1, "l", ctl_referrals},
    {"photo", "add", 2, 2, "Kf", ctl_photo_add},
    {"photo", "list", 1, 1, "", ctl_photo_list},
    {"codes", NULL, 0, 1, "", ctl_codes},
    {"roster", "import", 1, 1, "ewaf", ctl_roster_import},
    {"roster", "list", 0, 1, "", ctl_roster_list},
    {"roster", "report", 0, 1, "", ctl_roster_report},
    {"roster", "absent", 1, 1, "qrf", ctl_roster_absent},
    {"rules", "list", 0, 0, "", ctl_rules_list},
    {"rules", "unconfirmed", 0, 0, "", ctl_rules_unconfirmed},
    {"plates", "suggest", 0, 0, "l", ctl_plates_suggest},
    {"case", "list", 0, 0, "l91pq", ctl_case_list},
    {"case", "show", 1, 1, "", ctl_case_show},
    {"case", NULL, 2, 2, "f3r456v", ctl_case_act},
    {"officer", "add", 1, 1, "e78f", ctl_officer_add},
    {"officer", "list", 0, 0, "", ctl_officer_list},
    {"officer", "disable", 1, 1, "f", ctl_officer_disable},
    {"officer", "pin", 1, 1, "f", ctl_officer_pin},
    {"officer", "check-pin", 1, 1, "", ctl_officer_check_pin}, /* these two are for smogd's console */
    {"officer", "hash-pin", 0, 0, "", ctl_officer_hash_pin},
    {"outbox", "list", 0, 0, "l", ctl_outbox_list},
    {"outbox", "show", 1, 1, "", ctl_outbox_show},
    {"outbox", "retry", 1, 1, "tf", ctl_outbox_retry},
    {"outbox", "release", 1, 1, "tf", ctl_outbox_release},
    {"bulletin", NULL, 0, CTL_WORDS_MAX, "wazEHo", ctl_bulletin},
    {"export", NULL, 1, 1, "wazETo", ctl_export},
    {"slip", NULL, 1, 1, "oSL", ctl_slip},
    {"notice", NULL, 1, 1, "oV", ctl_notice},
    {"document", "list", 0, 0, "", ctl_document_list},
    {"document", NULL, 2, 2, "oV", ctl_document},
    {"print", NULL, 1, 1, "uL", ctl_print},
    {"package", NULL, 1, 1, "o", ctl_package},
    {"rejudge", NULL, 1, 1, "", ctl_rejudge},
    {"history", "export", 0, 0, "pqso", ctl_history_export},
    {"history", "import", 1, 1, "Cf", ctl_history_import},
    {"journal", "verify", 0, 0, "RG", ctl_journal_verify},
    {"journal", "tiles", 0, 0, "oN", ctl_journal_tiles},
    {"journal", "ratchet", 0, 0, "of", ctl_journal_ratchet},
    {"journal", "export", 0, 0, "o", ctl_journal_export},
    {"backup", NULL, 1, 1, "", ctl_backup},
    {"restore", NULL, 1, 1, "rf", ctl_restore},
    {"journal", "witness-request", 0, 1, "o", ctl_witness_request},
    {"journal", "witness-import", 1, 1, "f", ctl_witness_import},
    {"journal", "witnessed", 0, 1, "", ctl_witnessed},
    {"journal", "checkpoint", 0, 1, "na", ctl_journal_checkpoint},
};

static const struct option names[] = {
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"plate", required_argument, NULL, 'p'},
    {"colour", required_argument, NULL, 'q'},
    {"method", required_argument, NULL, 'm'},
    {"vehicle", required_argument, NULL, 'v'},
    {"facts", required_argument, NULL, 'v'},
    {"reason", required_argument, NULL, 'r'},
    {"officer", required_argument, NULL, 'f'},
    {"since", required_argument, NULL, 's'},
    {"invalid", no_argument, NULL, 'i'},
    {"limit", required_argument, NULL, 'l'},
    {"output", required_argument, NULL, 'o'},
    {"probe", no_argument, NULL, 'b'},
    {"filter", required_argument, NULL, 'k'},
    {"outlet", required_argument, NULL, 't'},
    {"confirm", required_argument, NULL, 'd'},
    {"photo", required_argument, NULL, 'X'},
    {"remark", required_argument, NULL, 'Y'},
    {"value", required_argument, NULL, 'Z'},
    {"ca", required_argument, NULL, 'C'},
    {"consistency", required_argument, NULL, 'n'},
    {"ratchet", required_argument, NULL, 'R'},
    {"records", no_argument, NULL, 'G'},
    {"entries", no_argument, NULL, 'N'},
    {"from", required_argument, NULL, 'w'},
    {"to", required_argument, NULL, 'a'},
    {"name", required_argument, NULL, 'e'},
    {"instrument", required_argument, NULL, 'u'},
    {"result", required_argument, NULL, 'x'},
    {"zone", required_argument, NULL, 'z'},
    {"encoding", required_argument, NULL, 'E'},
    {"public", no_argument, NULL, 'H'},
    {"layout", required_argument, NULL, 'T'},
    {"suggestion", required_argument, NULL, 'g'},
    {"kind", required_argument, NULL, 'K'},
    {"size", required_argument, NULL, 'S'},
    {"set", required_argument, NULL, 'V'},
    {"lang", required_argument, NULL, 'L'},
    {"due", no_argument, NULL, '1'},
    {"officer2", required_argument, NULL, '2'},
    {"police", required_argument, NULL, '3'},
    {"number", required_argument, NULL, '4'},
    {"ground", required_argument, NULL, '5'},
    {"until", required_argument, NULL, '6'},
    {"role", required_argument, NULL, '7'},
    {"certificate", required_argument, NULL, '8'},
    {"state", required_argument, NULL, '9'},
    {0},
};

static const char *option_name(int letter)
{
    for (size_t i = 0; names[i].name; i++)
        if (names[i].val == letter)
            return names[i].name;
    return "?";
}

static int take_option(struct ctl *ctl, int letter, struct err *err)
{
    switch (letter) {
    case 'c': ctl->file = optarg; break;
    case 'j': ctl->json = true; break;
    case 'p': ctl->plate = optarg; break;
    case 'q': ctl->colour = optarg; break;
    case 'm': ctl->method = optarg; break;
    case 'r': ctl->reason = optarg; break;
    case '1': ctl->due = true; break;
    case '2': ctl->officer2 = optarg; break;
    case '3': ctl->police = optarg; break;
    case '4': ctl->number = optarg; break;
    case '5': ctl->ground = optarg; break;
    case '6': ctl->until = optarg; break;
    case '7': ctl->role = optarg; break;
    case '8': ctl->certificate = optarg; break;
    case '9': ctl->state = optarg; break;
    case 'f':
        if (ctl->officer) /* given again: the second of two who test together */
            ctl->officer2 = optarg;
        else
            ctl->officer = optarg;
        break;
    case 's': ctl->since = optarg; break;
    case 'i': ctl->invalid = true; break;
    case 'l': ctl->limit = optarg; break;
    case 'o': ctl->output = optarg; break;
    case 'b': ctl->probe = true; break;
    case 'k': ctl->filter = optarg; break;
    case 't': ctl->outlet = optarg; break;
    case 'u': ctl->instrument = optarg; break;
    case 'x': ctl->result = optarg; break;
    case 'g': ctl->suggestion = optarg; break;
    case 'n': ctl->consistency = optarg; break;
    case 'R': ctl->ratchet = optarg; break;
    case 'G': ctl->records = true; break;
    case 'N': ctl->entries = true; break;
    case 'd': ctl->confirm = optarg; break;
    case 'C': ctl->ca = optarg; break;
    case 'K': ctl->kind = optarg; break;
    case 'X': ctl->photo = optarg; break;
    case 'Y': ctl->remark = optarg; break;
    case 'Z': ctl->value = optarg; break;
    case 'w': ctl->from = optarg; break;
    case 'a': ctl->to = optarg; break;
    case 'e': ctl->name = optarg; break;
    case 'z': ctl->zone = optarg; break;
    case 'E': ctl->encoding = optarg; break;
    case 'H': ctl->hide = true; break;
    case 'S': ctl->size = optarg; break;
    case 'L': ctl->lang = optarg; break;
    case 'T': ctl->layout = optarg; break;
    case 'v':
    case 'V':
        if (ctl->facts_count == CTL_FACTS_MAX)
            return err_set(err, ERR_INVALID, "more than %d facts", CTL_FACTS_MAX);
        ctl->facts[ctl->facts_count++] = optarg;
        break;
    default: return err_set(err, ERR_INVALID, "see smogctl --help"); /* getopt has said what is wrong */
    }
    return 0;
}

static const struct command *find_command(char **words, size_t count, struct err *err)
{
    for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *c = &commands[i];
        if (strcmp(c->name, words[0]) == 0 && (!c->name2 || (count > 1 && strcmp(c->name2, words[1]) == 0)))
            return c;
    }
    if (count == 0)
        err_set(err, ERR_INVALID, "say what to do; see smogctl --help");
    else
        err_set(err, ERR_INVALID, "there is no command '%s%s%s'; see smogctl --help", words[0], count > 1 ? " " : "",
                count > 1 ? words[1] : "");
    return NULL;
}

/* The words after the command's own; "key=value" behind --vehicle or --facts belongs to it. */
static int take_words(struct ctl *ctl, const struct command *command, char **words, size_t count, struct err *err)
{
    for (size_t i = command->name2 ? 2 : 1; i < count; i++) {
        bool fact = ctl->facts_count > 0 && strchr(words[i], '=');
        if (fact && ctl->facts_count < CTL_FACTS_MAX)
            ctl->facts[ctl->facts_count++] = words[i];
        else if (ctl->words_count < command->words_max)
            ctl->words[ctl->words_count++] = words[i];
        else
            return err_set(err, ERR_INVALID, "'%s' is one word too many; see smogctl --help", words[i]);
    }
    if (ctl->words_count < command->words_min)
        return err_set(err, ERR_INVALID, "%s%s%s needs %s; see smogctl --help", command->name,
                       command->name2 ? " " : "", command->name2 ? command->name2 : "",
                       strcmp(command->name, "plate") == 0 ? "a plate" : "a name or an id");
    return 0;
}

static int run(struct ctl *ctl, int argc, char **argv, struct err *err)
{
    char given[32] = "";
    int letter;
    while ((letter = getopt_long(argc, argv, "c:o:", names, NULL)) >= 0) {
        if (take_option(ctl, letter, err) != 0)
            return -1;
        if (strlen(given) < sizeof given - 1)
            given[strlen(given)] = (char)letter;
    }
    const struct command *command = find_command(argv + optind, (size_t)(argc - optind), err);
    if (!command || take_words(ctl, command, argv + optind, (size_t)(argc - optind), err) != 0)
        return -1;
    for (const char *at = given; *at; at++)
        if (!strchr("cj", *at) && !strchr(command->options, *at))
            return err_set(err, ERR_INVALID, "%s%s%s knows no option --%s; see smogctl --help", command->name,
                           command->name2 ? " " : "", command->name2 ? command->name2 : "", option_name(*at));
    return command->run(ctl, err);
}

static void print_error(const struct err *err)
{
    char text[3 * ERR_TEXT_MAX];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_integer(&w, "code", err->code);
    json_string(&w, "error", err->text);
    json_bool(&w, "ok", false);
    json_object_end(&w);
    if (json_writer_finish(&w) > 0)
        printf("%s\n", text);
}

int main(int argc, char **argv)
{
    char help[sizeof help_station + sizeof help_office + sizeof help_proofs];
    snprintf(help, sizeof help, "%s%s%s", help_station, help_office, help_proofs);
    int answered = program_answer(argc, argv, "smogctl", help);
    if (answered >= 0)
        return answered;
    log_open("smogctl", false);
    struct ctl ctl = {.file = "/etc/smogd/smogd.conf", .socket = -1};
    struct err err = {0};
    int result = run(&ctl, argc, argv, &err);
    if (result != 0 && !ctl.answered) {
        if (ctl.json)
            print_error(&err);
        fprintf(stderr, "smogctl: %s\n", err.text);
    }
    ctl_close(&ctl);
    return result == 0 ? 0 : (int)err.code;
}
