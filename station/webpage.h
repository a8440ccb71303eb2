/*
 * The files of the console's page, which lie in one folder (build/web, PREFIX/share/smogd/web): index.html and what it
 * asks for.
 *
 * They are read once, at start: a page that is loaded costs the disk nothing while a test runs, and no path that
 * somebody asks for ever reaches the file system. FILE.br and FILE.gz are FILE compressed, for those who take it so.
 * Files whose names hold the digest of their content (assets/main-4XfVz2Qa.js) are kept by the browser for ever, all
 * others are asked for again and mostly answered 304.
 */
#ifndef STATION_WEBPAGE_H
#define STATION_WEBPAGE_H

#include "station/webserver.h"

enum { WEBPAGE_FILES_MAX = 256, WEBPAGE_BYTES_MAX = 16 << 20 };

struct webpage;

/* A folder that is not there or holds no index.html is no error: then "/" answers what is missing and how it is made.
 * Fails for want of memory alone. */
int webpage_open(struct webpage **out, const char *folder, struct err *err);
void webpage_close(struct webpage *page);

/* Why there is no page; "" when there is one. */
const char *webpage_problem(const struct webpage *page);

/* Answers the route "/ *" (without the blank): the file that its rest names. The page outlives the server. */
void webpage_answer(const struct webpage *page, struct webserver_request *request);

#endif
