// SPDX-License-Identifier: GPL-2.0
/*
 * Control messages of PPTP (RFC 2637 section 2): a list, with commas, of
 *
 *	TYPE[:ID[:ID]][=RESULT]		a message; ids in the order in which they stand
 *	rest:BYTES			something else
 *
 * A message that is not all there ends in (BYTES), those that are.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define HEAD	16
#define TYPES	16

/* Length and number of ids of each type */
static const struct {
	uint16_t len;
	uint8_t ids;
} types[TYPES] = {
	{ 0, 0 }, { 156, 0 }, { 156, 0 }, { 16, 0 }, { 16, 0 }, { 16, 0 },
	{ 20, 0 }, { 168, 1 }, { 32, 2 }, { 220, 1 }, { 24, 2 }, { 28, 1 },
	{ 16, 1 }, { 148, 1 }, { 40, 1 }, { 24, 1 },
};

static const uint8_t magic[] = { 0, 1, 0x1a, 0x2b, 0x3c, 0x4d };

static unsigned int get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static bool is_head(const uint8_t *at, size_t len)
{
	return len >= HEAD && !memcmp(at + 2, magic, sizeof(magic)) &&
	       get16(at + 8) > 0 && get16(at + 8) < TYPES;
}

/* The rest of a message's words, which are in @at. */
static size_t message_make(const char *word, uint8_t *at)
{
	unsigned int type, first = 0, second = 0, result = 1;
	const char *equals = strchr(word, '=');
	int n = sscanf(word, "%u:%u:%u", &type, &first, &second);

	if (n < 1 || !type || type >= TYPES || n - 1 != types[type].ids ||
	    (equals && sscanf(equals, "=%u", &result) != 1))
		return 0;
	memset(at, 0x55, types[type].len);
	put16(at, types[type].len);
	memcpy(at + 2, magic, sizeof(magic));
	put16(at + 8, type);
	put16(at + 10, 0);
	if (n > 1)
		put16(at + 12, first);
	if (n > 2) {
		put16(at + 14, second);
		at[16] = result;
	}
	return types[type].len;
}

bool pptp_make(const char *list, uint8_t *data, size_t max, size_t *len)
{
	char *words = strdup(list), *word, *save;
	unsigned long rest;
	size_t n = 0;

	*len = 0;
	for (word = strtok_r(words, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		if (*len + 256 > max)
			break;
		n = 0;
		if (strncmp(word, "rest:", 5)) {
			n = message_make(word, data + *len);
		} else if (parse_number(word + 5, max - *len, &rest)) {
			memset(data + *len, 0x05, rest);
			n = rest;
		}
		if (!n)
			break;
		*len += n;
	}
	free(words);
	return n && !word;
}

static int message_print(char *text, size_t size, const uint8_t *at, size_t len)
{
	unsigned int type = get16(at + 8), said = get16(at);
	char ids[16] = "", result[8] = "", there[16] = "";

	if (types[type].ids == 1)
		snprintf(ids, sizeof(ids), ":%u", get16(at + 12));
	if (types[type].ids == 2)
		snprintf(ids, sizeof(ids), ":%u:%u", get16(at + 12),
			 get16(at + 14));
	if (types[type].ids == 2 && len > HEAD && at[16] != 1)
		snprintf(result, sizeof(result), "=%u", at[16]);
	if (said > len)
		snprintf(there, sizeof(there), "(%zu)", len);
	return snprintf(text, size, "%u%s%s%s", type, ids, result, there);
}

const char *pptp_print(const uint8_t *data, size_t len)
{
	static char text[2048];
	size_t at = 0, from, n = 0;

	text[0] = 0;
	while (at < len && n < sizeof(text) - 64) {
		if (n)
			text[n++] = ',';
		if (is_head(data + at, len - at)) {
			n += message_print(text + n, sizeof(text) - n,
					   data + at, len - at);
			at += get16(data + at) ?: 1;
			continue;
		}
		for (from = at; at < len && !is_head(data + at, len - at); at++)
			;
		n += snprintf(text + n, sizeof(text) - n, "rest:%zu", at - from);
	}
	return text;
}
