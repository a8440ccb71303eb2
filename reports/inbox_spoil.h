/*
 * Conformance mode's answers: what a good reply is made into (reports/inbox_awkward.h).
 */
#ifndef REPORTS_INBOX_SPOIL_H
#define REPORTS_INBOX_SPOIL_H

#include "reports/inbox_awkward.h"
#include "reports/inbox_http.h"

#define INBOX_ELSEWHERE "/elsewhere" /* where a 3xx points to */

/* The status of a SAY, with what belongs to it. */
enum MHD_Result inbox_spoil_say(const struct inbox_request *r, const struct awkward_act *act);
/* Sends a reply the way the act wants it; one that is no receipt goes out as it is. */
enum MHD_Result inbox_spoil(const struct inbox_request *r, const struct inbox_reply *reply,
                            const struct awkward_act *act);

#endif
