// SPDX-License-Identifier: GPL-2.0
/* natctl: addresses, ports, numbers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "natctl.h"

/* A decimal number without sign, space or leading zero. */
static bool number(const char *text, uint32_t *value)
{
	unsigned long long n = 0;
	const char *c;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (c = text; *c; c++) {
		if (!isdigit((unsigned char)*c))
			return false;
		n = n * 10 + (*c - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*value = n;
	return true;
}

uint32_t parse_u32(const struct words *w, const char *word, const char *what,
		   uint32_t min, uint32_t max)
{
	uint32_t value;

	if (!number(word, &value) || value < min || value > max)
		die_word(w, "\"%s\" is not a valid %s: it must be a number from %u to %u",
			 word, what, min, max);
	return value;
}

uint32_t parse_addr(const struct words *w, const char *word)
{
	struct in6_addr six;
	struct in_addr addr;

	if (inet_pton(AF_INET, word, &addr) == 1)
		return addr.s_addr;
	if (inet_pton(AF_INET6, word, &six) == 1)
		die_word(w, "\"%s\" is an IPv6 address: only IPv4 is translated",
			 word);
	die_word(w, "\"%s\" is not an IPv4 address such as 192.0.2.1", word);
}

static uint32_t mask(uint8_t len)
{
	return len ? htonl(~0U << (32 - len)) : 0;
}

void parse_prefix(const struct words *w, const char *word, uint32_t *addr,
		  uint8_t *len)
{
	char copy[64], *slash;

	snprintf(copy, sizeof(copy), "%s", word);
	slash = strchr(copy, '/');
	*len = 32;
	if (slash) {
		*slash++ = 0;
		*len = parse_u32(w, slash, "prefix length", 0, 32);
	}
	*addr = parse_addr(w, copy);
	if (*addr & ~mask(*len))
		die_word(w, "\"%s\" has bits set beyond the prefix length: the prefix is %s/%u",
			 word, addr_text(*addr & mask(*len)), *len);
}

void parse_range(const struct words *w, const char *word, uint32_t *first,
		 uint32_t *last)
{
	char copy[64], *dash;
	uint8_t len;

	snprintf(copy, sizeof(copy), "%s", word);
	dash = strchr(copy, '-');
	if (!dash) {
		parse_prefix(w, copy, first, &len);
		*last = *first | ~mask(len);
		return;
	}
	*dash++ = 0;
	*first = parse_addr(w, copy);
	*last = parse_addr(w, dash);
	if (ntohl(*first) > ntohl(*last))
		die_word(w, "the first address of \"%s\" is above the last",
			 word);
}

void parse_ports(const struct words *w, const char *word, uint16_t *first,
		 uint16_t *last)
{
	char copy[64], *dash;

	snprintf(copy, sizeof(copy), "%s", word);
	dash = strchr(copy, '-');
	if (dash)
		*dash++ = 0;
	*first = parse_u32(w, copy, "port", 1, 65535);
	*last = dash ? parse_u32(w, dash, "port", 1, 65535) : *first;
	if (*last < *first)
		die_word(w, "the first port of \"%s\" is above the last", word);
}

void parse_ends(const struct words *w, const char *word, struct ends *ends)
{
	char copy[64], *sep;
	uint8_t len;

	memset(ends, 0, sizeof(*ends));
	ends->len = -1;
	snprintf(copy, sizeof(copy), "%s", word);
	sep = strchr(copy, ':');
	/* More than one colon: let the address speak for itself. */
	if (sep && !strchr(sep + 1, ':')) {
		*sep++ = 0;
		ends->addr = parse_addr(w, copy);
		parse_ports(w, sep, &ends->port, &ends->last);
	} else if (strchr(copy, '/')) {
		parse_prefix(w, copy, &ends->addr, &len);
		ends->len = len;
	} else {
		ends->addr = parse_addr(w, copy);
	}
}

static const struct {
	const char	*name;
	uint8_t		proto;
} protos[] = {
	{ "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "udplite", 136 },
	{ "sctp", 132 }, { "dccp", 33 }, { "gre", 47 }, { "esp", 50 },
};

#define NR_PROTOS	(sizeof(protos) / sizeof(protos[0]))

uint8_t parse_proto(const struct words *w, const char *word)
{
	uint32_t value;
	size_t i;

	for (i = 0; i < NR_PROTOS; i++)
		if (!strcmp(word, protos[i].name))
			return protos[i].proto;
	if (number(word, &value) && value >= 1 && value <= 255)
		return value;
	die_word(w, "\"%s\" is not a protocol: it must be tcp, udp, icmp, udplite, sctp, dccp, gre, esp or a number from 1 to 255",
		 word);
}

const char *proto_name(uint8_t proto)
{
	static char text[8];
	size_t i;

	for (i = 0; i < NR_PROTOS; i++)
		if (proto == protos[i].proto)
			return protos[i].name;
	snprintf(text, sizeof(text), "%u", proto);
	return text;
}

void parse_dev(const struct words *w, const char *word)
{
	if (!*word || strlen(word) >= IF_NAMESIZE || strpbrk(word, "/: \t"))
		die_word(w, "\"%s\" is not the name of a network device", word);
}
