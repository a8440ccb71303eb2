/*
 * What a plate-reading camera pushes, and what it answers when it is asked: Hikvision ISAPI, "EventNotificationAlert"
 * in XML with pictures beside it.
 *
 *     POST, multipart/form-data
 *       anpr.xml                     <EventNotificationAlert …><eventType>ANPR</eventType><ANPR><licensePlate>…
 *       licensePlatePicture.jpg      the plate
 *       detectionPicture.jpg         the vehicle
 *
 * Part names differ by firmware: XML is what says so by type or name, a picture is what begins as JPEG does. A body
 * that is XML alone is taken, too. The namespaces www.isapi.org and www.hikvision.com (ver20) are both in use, so
 * elements are told by their local names. Document types, and with them all entities of a sender's own, are refused;
 * depth, length, number of parts have maxima.
 */
#ifndef STATION_ANPR_H
#define STATION_ANPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum {
    ANPR_TEXT_MAX = 64,
    ANPR_CHARS_MAX = 128,
    ANPR_XML_MAX = 64 << 10,
    ANPR_PICTURES_MAX = 6,
    ANPR_PARTS_MAX = 12,
    ANPR_LIST_MAX = 4096
};

struct anpr_picture {
    char name[ANPR_TEXT_MAX]; /* letters, digits, . - _ */
    const uint8_t *data;
    size_t length;
};

/* Texts are UTF-8 as the camera wrote them, "" where absent. */
struct anpr_event {
    char event_type[ANPR_TEXT_MAX]; /* "ANPR"; anything else is no plate and has nothing below */
    char uuid[ANPR_TEXT_MAX], pic_name[ANPR_TEXT_MAX], time[ANPR_TEXT_MAX];
    char plate[ANPR_TEXT_MAX], plate_colour[ANPR_TEXT_MAX];
    char confidence[ANPR_TEXT_MAX]; /* 0…100 */
    char chars[ANPR_CHARS_MAX];     /* confidence of each character, "99,98,…" */
    char line[ANPR_TEXT_MAX], direction[ANPR_TEXT_MAX], vehicle_type[ANPR_TEXT_MAX];
    const uint8_t *xml;
    size_t xml_length;
    struct anpr_picture pictures[ANPR_PICTURES_MAX];
    size_t pictures_count;
};

/* Reads a whole body; the event points into it. ERR_INVALID says what is wrong with it. */
int anpr_read(struct anpr_event *event, const char *content_type, const void *body, size_t length, struct err *err);

/* What a camera answers that is asked for the plates after a time: XML, or JSON as some firmware gives it.
 *
 *     <Plates><Plate><captureTime>20260701T093000+0800</captureTime><plateNumber>…</plateNumber><picName>…</picName>…
 *     {"Plates":{"Plate":[{"captureTime":"…","plateNumber":"…","picName":"…"}, …]}}      or {"Plates":[…]}
 *
 * picName is a number of more than 53 bits; it stays a text here. Each event's xml is its own part of the answer. They
 * are in the order of picName, oldest first. An empty body is an empty list. */
struct anpr_list {
    struct anpr_event *events;
    size_t count;
    bool json;
};
int anpr_list_read(struct anpr_list *list, const char *body, size_t length, struct err *err);
void anpr_list_free(struct anpr_list *list);

/* By what a repeated push is known again: the UUID, else picture name and time, else the digest of the XML. */
void anpr_key(const struct anpr_event *event, char out[2 * ANPR_TEXT_MAX + 2]);

#endif
