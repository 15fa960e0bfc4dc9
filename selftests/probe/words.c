// SPDX-License-Identifier: GPL-2.0
/* Addresses, numbers and payloads from words and as words. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

bool parse_addr(const char *word, in_addr_t *addr)
{
	struct in_addr a;

	if (inet_pton(AF_INET, word, &a) != 1)
		return false;
	*addr = a.s_addr;
	return true;
}

bool parse_number(const char *word, unsigned long max, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	*value = strtoul(word, &end, 0);
	return !*end && *value <= max;
}

bool parse_end(const char *word, struct sockaddr_in *end)
{
	const char *colon = strchr(word, ':');
	unsigned long port;
	char addr[32];

	memset(end, 0, sizeof(*end));
	if (!colon || (size_t)(colon - word) >= sizeof(addr) ||
	    !parse_number(colon + 1, 65535, &port))
		return false;
	memcpy(addr, word, colon - word);
	addr[colon - word] = 0;
	end->sin_family = AF_INET;
	end->sin_port = htons(port);
	return parse_addr(addr, &end->sin_addr.s_addr);
}

/* The result stays good for the next seven calls. */
const char *print_addr(in_addr_t addr)
{
	static char text[8][INET_ADDRSTRLEN];
	static unsigned int next;
	char *t = text[next++ % 8];

	inet_ntop(AF_INET, &addr, t, INET_ADDRSTRLEN);
	return t;
}

const char *print_end(const struct sockaddr_in *end)
{
	static char text[8][32];
	static unsigned int next;
	char *t = text[next++ % 8];

	snprintf(t, sizeof(text[0]), "%s:%u", print_addr(end->sin_addr.s_addr),
		 ntohs(end->sin_port));
	return t;
}

static uint8_t pattern_at(size_t i)
{
	return (i * 7 + (i >> 8) * 3 + (i >> 16)) & 0xff;
}

size_t payload_make(const char *word, uint8_t *data, size_t max)
{
	unsigned long len;
	size_t i;

	if (word[0] == '@' && parse_number(word + 1, max, &len)) {
		for (i = 0; i < len; i++)
			data[i] = pattern_at(i);
		return len;
	}
	len = strlen(word);
	if (len > max)
		len = max;
	memcpy(data, word, len);
	return len;
}

const char *payload_print(const uint8_t *data, size_t len)
{
	static char text[80];
	size_t i;

	for (i = 0; i < len && isgraph(data[i]); i++)
		;
	if (i == len && len && len < sizeof(text)) {
		memcpy(text, data, len);
		text[len] = 0;
		return text;
	}
	for (i = 0; i < len && data[i] == pattern_at(i); i++)
		;
	if (i == len)
		snprintf(text, sizeof(text), "@%zu", len);
	else
		snprintf(text, sizeof(text), "bytes:%zu", len);
	return text;
}
