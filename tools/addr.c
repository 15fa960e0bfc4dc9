// SPDX-License-Identifier: GPL-2.0
/* natctl: addresses, ports, protocols and numbers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "knat.h"

/* A decimal number without sign and leading zeros, of exactly these @len
 * characters.
 */
static bool number_scan(const char *text, size_t len, uint32_t *value)
{
	uint64_t n = 0;
	size_t i;

	if (!len || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (text[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*value = n;
	return true;
}

bool number_find(const char *word, uint32_t *value)
{
	return number_scan(word, strlen(word), value);
}

uint32_t number_read(const char *word, const char *what, uint32_t min,
		     uint32_t max)
{
	uint32_t value;

	if (!number_find(word, &value) || value < min || value > max)
		fail_usage("%s is no valid %s: it must be a number from %u to %u",
			   said(word), what, min, max);
	return value;
}

/* Four numbers with dots between */
bool addr_find(const char *text, size_t len, uint32_t *addr)
{
	const char *end = text + len;
	uint32_t host = 0, part;
	int i;

	for (i = 0; i < 4; i++) {
		const char *dot = i < 3 ? memchr(text, '.', end - text) : end;

		if (!dot || !number_scan(text, dot - text, &part) || part > 255)
			return false;
		host = host << 8 | part;
		text = dot + 1;
	}
	*addr = htonl(host);
	return true;
}

/* Is the beginning of @word, up to what may follow an address, IPv6? */
static bool is_ipv6(const char *word)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	size_t len;

	word += *word == '[';
	len = strcspn(word, "]/-%");
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, word, len);
	copy[len] = 0;
	return inet_pton(AF_INET6, copy, &addr) == 1;
}

/* The address in the first @len characters of @word, from @part on. */
static uint32_t addr_read(const char *word, const char *part, size_t len)
{
	uint32_t addr;

	if (addr_find(part, len, &addr))
		return addr;
	if (is_ipv6(word))
		fail_usage("%s is an IPv6 address: only IPv4 is translated",
			   said(word));
	fail_usage("%s is no IPv4 address: it must be four numbers from 0 to 255 like 192.0.2.1",
		   said(word));
}

static uint32_t mask(uint8_t len)
{
	return len ? htonl(~0U << (32 - len)) : 0;
}

void prefix_read(const char *word, uint32_t *addr, uint8_t *len)
{
	size_t n = strcspn(word, "/");
	uint32_t bits = 32;

	*addr = addr_read(word, word, n);
	if (word[n] && (!number_find(word + n + 1, &bits) || bits > 32))
		fail_usage("%s has no valid prefix length: it must be a number from 0 to 32 behind the slash",
			   said(word));
	*len = bits;
	if (*addr & ~mask(*len))
		fail_usage("%s has bits set beyond its prefix length: the prefix is %s",
			   said(word), prefix_text(*addr & mask(*len), *len));
}

void range_read(const char *word, uint32_t *first, uint32_t *last)
{
	size_t n = strcspn(word, "-/");
	uint8_t len;

	if (word[n] != '-') {
		prefix_read(word, first, &len);
		*last = *first | ~mask(len);
		return;
	}
	*first = addr_read(word, word, n);
	*last = addr_read(word, word + n + 1, strlen(word + n + 1));
	if (ntohl(*first) > ntohl(*last))
		fail_usage("%s ends below its beginning: the range is %s-%s",
			   said(word), addr_text(*last), addr_text(*first));
}

/* The ports in @part of @word. */
static void ports_scan(const char *word, const char *part, uint16_t *first,
		       uint16_t *last)
{
	size_t n = strcspn(part, "-");
	uint32_t from, to;

	if (!number_scan(part, n, &from) || !from || from > 65535)
		goto wrong;
	to = from;
	if (part[n] && (!number_find(part + n + 1, &to) || !to || to > 65535))
		goto wrong;
	if (to < from)
		fail_usage("%s has its ports in the wrong order: the range is %u-%u",
			   said(word), to, from);
	*first = from;
	*last = to;
	return;

wrong:
	fail_usage("%s has no valid port: it must be a number from 1 to 65535, or two with a dash between",
		   said(word));
}

void ports_read(const char *word, uint16_t *first, uint16_t *last)
{
	ports_scan(word, word, first, last);
}

void end_read(const char *word, struct end *end)
{
	size_t n = strcspn(word, ":");
	uint8_t len;

	memset(end, 0, sizeof(*end));
	end->len = -1;
	if (word[n]) {
		end->addr = addr_read(word, word, n);
		ports_scan(word, word + n + 1, &end->port, &end->last);
	} else if (strchr(word, '/')) {
		prefix_read(word, &end->addr, &len);
		end->len = len;
	} else {
		end->addr = addr_read(word, word, n);
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

uint8_t proto_find(const char *word)
{
	uint32_t value;
	size_t i;

	for (i = 0; i < NR_PROTOS; i++)
		if (!strcmp(word, protos[i].name))
			return protos[i].proto;
	return number_find(word, &value) && value <= 255 ? value : 0;
}

uint8_t proto_read(const char *word)
{
	uint8_t proto = proto_find(word);

	if (!proto)
		fail_usage("%s is no protocol: it must be tcp, udp, icmp, udplite, sctp, dccp, gre, esp or a number from 1 to 255",
			   said(word));
	return proto;
}

bool proto_has_ports(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		return true;
	}
	return false;
}

bool device_is(const char *word)
{
	size_t len = strlen(word);

	return len && len < IF_NAMESIZE && !strpbrk(word, "/: \t\n\v\f\r") &&
	       strcmp(word, ".") && strcmp(word, "..");
}

void device_check(const char *word)
{
	if (!device_is(word))
		fail_usage("%s cannot be the name of a network device: it must have 1 to %d characters, without blank, slash and colon",
			   said(word), IF_NAMESIZE - 1);
}

void pool_name_check(const char *word)
{
	size_t len = strlen(word), i;

	for (i = 0; i < len; i++)
		if (iscntrl((unsigned char)word[i]) || strchr(" \"#\\", word[i]))
			break;
	if (!len || len > KNAT_NAME_MAX || i < len)
		fail_usage("%s cannot be the name of a pool: it must have 1 to %d printable characters, without blank, quote, # and backslash",
			   said(word), KNAT_NAME_MAX);
}

const char *addr_text(uint32_t addr)
{
	static char texts[4][INET_ADDRSTRLEN];
	static unsigned int n;
	char *text = texts[n++ % 4];

	inet_ntop(AF_INET, &addr, text, INET_ADDRSTRLEN);
	return text;
}

const char *prefix_text(uint32_t addr, uint8_t len)
{
	static char text[INET_ADDRSTRLEN + 4];

	snprintf(text, sizeof(text), "%s/%u", addr_text(addr), len);
	return text;
}

const char *range_text(uint32_t first, uint32_t last)
{
	static char text[2 * INET_ADDRSTRLEN + 1];
	uint32_t span = ntohl(last) - ntohl(first);
	int len;

	if (!span)
		return addr_text(first);
	/* A prefix: a power of two of addresses, aligned to its size. */
	if (!(span & (span + 1)) && !(ntohl(first) & span)) {
		for (len = 32; span; span >>= 1)
			len--;
		return prefix_text(first, len);
	}
	snprintf(text, sizeof(text), "%s-%s", addr_text(first), addr_text(last));
	return text;
}

const char *ports_text(uint16_t first, uint16_t last)
{
	static char text[sizeof("65535-65535")];

	if (first == last)
		snprintf(text, sizeof(text), "%u", first);
	else
		snprintf(text, sizeof(text), "%u-%u", first, last);
	return text;
}

const char *proto_text(uint8_t proto)
{
	static char text[4];
	size_t i;

	for (i = 0; i < NR_PROTOS; i++)
		if (proto == protos[i].proto)
			return protos[i].name;
	snprintf(text, sizeof(text), "%u", proto);
	return text;
}
