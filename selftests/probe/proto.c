// SPDX-License-Identifier: GPL-2.0
/* UDP-Lite, DCCP, SCTP, GRE and ESP: headers from words and words from them. */
#define _GNU_SOURCE
#include <netinet/ip.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

#define DCCP	33
#define GRE	47
#define ESP	50
#define SCTP	132
#define UDPLITE	136

/* DCCP headers are those with long sequence numbers and one word more, which
 * is the service code of a request. SCTP packets have one chunk, whose value is
 * the payload.
 */
static const struct proto protos[] = {
	{ "udplite", UDPLITE, true, 8 },
	{ "dccp", DCCP, true, 24 },
	{ "sctp", SCTP, true, 16 },
	{ "gre", GRE, false, 4 },
	{ "esp", ESP, false, 8 },
	{ }
};

static const char *const dccp_types[] = {
	"request", "response", "data-packet", "ack", "dataack", "closereq", "close",
	"reset", "sync", "syncack", "listen", NULL
};

static const char *const sctp_chunks[] = {
	"data-chunk", "init", "init-ack", "sack", "heartbeat", "heartbeat-ack",
	"abort", "shutdown", "shutdown-ack", "error", "cookie-echo",
	"cookie-ack", "ecne", "cwr", "shutdown-complete", NULL
};

const struct proto *proto_named(const char *name)
{
	const struct proto *proto;

	for (proto = protos; proto->name; proto++)
		if (!strcmp(proto->name, name))
			return proto;
	return NULL;
}

const struct proto *proto_numbered(uint8_t number)
{
	const struct proto *proto;

	for (proto = protos; proto->name; proto++)
		if (proto->number == number)
			return proto;
	return NULL;
}

static int find(const char *const *words, const char *word)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static const char *name(const char *const *words, unsigned int n)
{
	unsigned int i;

	for (i = 0; words[i]; i++)
		if (i == n)
			return words[i];
	return "unknown";
}

static void put16(uint8_t *at, unsigned long value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, unsigned long value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static unsigned int get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static unsigned int get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

void proto_start(uint8_t number, uint8_t *l4)
{
	switch (number) {
	case DCCP:
		l4[4] = 24 / 4;
		l4[8] = 1;
		break;
	case GRE:
		put16(l4 + 2, 0x0800);
		break;
	}
}

bool proto_word(uint8_t number, uint8_t *l4, const char *word)
{
	int i;

	switch (number) {
	case DCCP:
		i = find(dccp_types, word);
		if (i < 0)
			return false;
		l4[8] = i << 1 | 1;
		return true;
	case SCTP:
		i = find(sctp_chunks, word);
		if (i < 0)
			return false;
		l4[12] = i;
		return true;
	}
	return false;
}

bool proto_pair(uint8_t number, uint8_t *l4, size_t *header_len,
		const char *word, unsigned long value)
{
	if (number == UDPLITE && !strcmp(word, "coverage")) {
		put16(l4 + 4, value);
	} else if (number == DCCP && !strcmp(word, "coverage")) {
		l4[5] = (l4[5] & 0xf0) | (value & 0x0f);
	} else if (number == DCCP && !strcmp(word, "service")) {
		put32(l4 + 16, value);
	} else if (number == SCTP && !strcmp(word, "tag")) {
		put32(l4 + 4, value);
	} else if (number == ESP && !strcmp(word, "spi")) {
		put32(l4, value);
	} else if (number == ESP && !strcmp(word, "seq")) {
		put32(l4 + 4, value);
	} else if (number == GRE && !strcmp(word, "key")) {
		l4[0] |= 0x20;
		put32(l4 + 4, value);
		*header_len = 8;
	} else if (number == GRE && !strcmp(word, "call")) {
		/* RFC 2637 section 4.1 */
		put32(l4, 0x2001880b);
		put16(l4 + 6, value);
		*header_len = 8;
	} else {
		return false;
	}
	return true;
}

/* How many bytes the checksum covers; -1: not as many as it says. */
static long covered(uint8_t number, const uint8_t *l4, size_t l4_len)
{
	size_t len = l4_len;

	if (number == UDPLITE && get16(l4 + 4))
		len = get16(l4 + 4);
	else if (number == DCCP && (l4[5] & 0x0f))
		len = l4[4] * 4 + ((l4[5] & 0x0f) - 1) * 4;
	return len > l4_len ? -1 : (long)len;
}

static uint16_t sum(const struct iphdr *ip, const uint8_t *l4, size_t l4_len)
{
	long len = covered(ip->protocol, l4, l4_len);

	return sum_fold(sum_add(sum_pseudo(&ip->saddr, &ip->daddr, ip->protocol,
					   l4_len), l4, len < 0 ? 0 : len));
}

/* CRC32c bit by bit (RFC 9260 appendix A), as if its own field were 0. */
static uint32_t crc32c(const uint8_t *l4, size_t len)
{
	uint32_t crc = ~0U;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : l4[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void crc_put(uint8_t *l4, uint32_t crc)
{
	l4[8] = crc;
	l4[9] = crc >> 8;
	l4[10] = crc >> 16;
	l4[11] = crc >> 24;
}

static uint32_t crc_get(const uint8_t *l4)
{
	return l4[8] | l4[9] << 8 | l4[10] << 16 | (uint32_t)l4[11] << 24;
}

size_t proto_sum_offset(uint8_t number)
{
	switch (number) {
	case UDPLITE:
	case DCCP:
		return 6;
	case SCTP:
		return 8;
	}
	return 0;
}

void proto_sum_set(const struct iphdr *ip, uint8_t *l4, size_t l4_len)
{
	uint16_t check;

	if (ip->protocol == SCTP) {
		crc_put(l4, crc32c(l4, l4_len));
		return;
	}
	memset(l4 + 6, 0, 2);
	check = sum(ip, l4, l4_len);
	if (!check && ip->protocol == UDPLITE)
		check = 0xffff;
	memcpy(l4 + 6, &check, 2);
}

void proto_finish(const struct iphdr *ip, uint8_t *l4, size_t l4_len,
		  bool badsum, bool nocsum)
{
	size_t at = proto_sum_offset(ip->protocol);

	if (ip->protocol == SCTP)
		put16(l4 + 14, l4_len - 12);
	else if (ip->protocol == GRE && (l4[1] & 7) == 1)
		put16(l4 + 4, l4_len - 8);
	if (!at)
		return;
	proto_sum_set(ip, l4, l4_len);
	if (badsum)
		l4[at] ^= 0x11;
	if (nocsum)
		memset(l4 + at, 0, 2);
}

bool proto_sum_good(const struct iphdr *ip, const uint8_t *l4, size_t l4_len)
{
	if (ip->protocol == SCTP)
		return l4_len >= 12 && crc_get(l4) == crc32c(l4, l4_len);
	if (covered(ip->protocol, l4, l4_len) < 0)
		return false;
	if (ip->protocol == UDPLITE && !get16(l4 + 6))
		return false;
	return !sum(ip, l4, l4_len);
}

const char *proto_describe(const struct iphdr *ip, const uint8_t *l4,
			   size_t there, size_t *header_len)
{
	const struct proto *proto = proto_numbered(ip->protocol);
	static char text[160];

	text[0] = 0;
	*header_len = proto->header_len;
	switch (proto->number) {
	case UDPLITE:
		snprintf(text, sizeof(text), " coverage %u%s", get16(l4 + 4),
			 l4[6] == 0xff && l4[7] == 0xff ? " onescsum" : "");
		break;
	case DCCP:
		if (there < 24)
			break;
		snprintf(text, sizeof(text), " %s coverage %u service %u",
			 name(dccp_types, l4[8] >> 1 & 0x0f), l4[5] & 0x0f,
			 get32(l4 + 16));
		break;
	case SCTP:
		if (there < 16) {
			snprintf(text, sizeof(text), " tag %u", get32(l4 + 4));
			break;
		}
		snprintf(text, sizeof(text), " %s tag %u",
			 name(sctp_chunks, l4[12]), get32(l4 + 4));
		break;
	case GRE:
		if ((l4[1] & 7) == 1) {
			snprintf(text, sizeof(text), " call %u", get16(l4 + 6));
			*header_len = 8;
		} else if (l4[0] & 0x20) {
			snprintf(text, sizeof(text), " key %u", get32(l4 + 4));
			*header_len = 8;
		}
		break;
	case ESP:
		snprintf(text, sizeof(text), " spi 0x%x seq %u", get32(l4),
			 get32(l4 + 4));
		break;
	}
	return text;
}
