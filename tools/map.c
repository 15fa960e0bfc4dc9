// SPDX-License-Identifier: GPL-2.0
/* natctl map: mappings, static and dynamic. How they are listed: map_list.c. */
#include <ctype.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include "addr.h"
#include "command.h"
#include "error.h"
#include "filter.h"
#include "map_list.h"
#include "nl.h"
#include "progress.h"

/**
 * struct outside - the outside end of a static mapping
 * @word: the word it was in
 * @len: prefix length of whole addresses, -1: a mapping of a protocol
 * @first: first port, 0: of a protocol without ports
 * @last: last port
 */
struct outside {
	const char	*word;
	int		len;
	uint16_t	first;
	uint16_t	last;
};

static void ports_put(struct nlmsghdr *nlh, int attr, int attr_last,
		      uint16_t first, uint16_t last)
{
	nl_put_u16(nlh, attr, first);
	if (last != first)
		nl_put_u16(nlh, attr_last, last);
}

/* DEV:PORT[-PORT], or DEV if it need not have @ports. */
static void device_put(struct words *words, struct nlmsghdr *nlh,
		       struct outside *out, bool ports)
{
	char *word = word_need(words, ports ?
			       "the outside device and its port, DEV:PORT," :
			       "the outside device");
	char *colon = strrchr(word, ':');

	if (!colon && ports)
		fail_usage("%s has no port: it must be DEV:PORT", said(word));
	if (colon)
		*colon = 0;
	device_check(word);
	nl_put_string(nlh, KNAT_A_MAP_OUT_DEV, word);
	out->word = word;
	if (!colon)
		return;
	*colon = ':';
	ports_read(colon + 1, &out->first, &out->last);
}

/* What is no address but may be DEV or DEV:PORT wants a word before it. */
static void device_hint(const char *word, const char *before, bool ports)
{
	size_t len = strcspn(word, ":");
	char name[IF_NAMESIZE];

	if (!isalpha((unsigned char)*word) || len >= sizeof(name) ||
	    (word[len] && strchr(word + len + 1, ':')))
		return;
	memcpy(name, word, len);
	name[len] = 0;
	if (device_is(name))
		fail_usage("%s is no IPv4 address: for that of a device, it must be %sdev %s%s",
			   said(word), before, word,
			   ports && !word[len] ? ":PORT" : "");
}

/* OUT:PORT[-PORT] or dev DEV:PORT[-PORT]. The kernel knows which protocols have
 * ports: only those that are known to must have them here.
 */
static void out_end_put(struct words *words, struct nlmsghdr *nlh,
			struct outside *out, bool ports)
{
	static const char *const device[] = { "dev", NULL };
	const char *what = ports ?
			   "the outside end, OUT:PORT or dev DEV:PORT," :
			   "the outside end, OUT or dev DEV,";
	const char *word = word_need(words, what);
	struct end end;

	out->first = 0;
	out->last = 0;
	out->len = -1;
	if (word_find(word, device) == 0) {
		device_put(words, nlh, out, ports);
	} else {
		if (!strcmp(word, "to"))
			fail_word(words, "%s stands where %s must be",
				  said(word), what);
		device_hint(word, "", ports);
		if (strspn(word, "*:-0123456789") == strlen(word))
			fail_usage("%s has no address: it must be %s", said(word),
				   ports ? "OUT:PORT, or dev DEV:PORT for that of a device" :
				   "OUT, or dev DEV for that of a device");
		end_read(word, &end);
		if (!end.port && (ports || end.len >= 0))
			fail_usage("%s has no port: with a protocol, it must be OUT:PORT",
				   said(word));
		nl_put_u32(nlh, KNAT_A_MAP_OUT_ADDR, end.addr);
		out->word = word;
		out->first = end.port;
		out->last = end.last;
	}
	if (out->first)
		ports_put(nlh, KNAT_A_MAP_OUT_PORT, KNAT_A_MAP_OUT_PORT_LAST,
			  out->first, out->last);
}

/* The outside end, with the protocol before it if it has ports. */
static void outside_put(struct words *words, struct nlmsghdr *nlh,
			struct outside *out)
{
	const char *word = word_need(words, "the outside end");
	struct end end;
	uint8_t proto;

	/* Every address has a dot or colon in it, and no protocol has. */
	if (!strpbrk(word, ".:") &&
	    (isalpha((unsigned char)*word) || !strchr(word, '/'))) {
		if (!strcmp(word, "dev"))
			fail_word(words, "\"dev\" has no protocol before it: it must be tcp or udp, for instance");
		proto = proto_read(word);
		nl_put_u8(nlh, KNAT_A_MAP_PROTO, proto);
		out_end_put(words, nlh, out, proto_has_ports(proto));
		return;
	}
	device_hint(word, "tcp or udp, and then ", true);
	end_read(word, &end);
	if (end.port)
		fail_usage("%s has a port but no protocol: it must be tcp or udp, and then %s",
			   said(word), word);
	out->word = word;
	out->len = end.len < 0 ? 32 : end.len;
	nl_put_u32(nlh, KNAT_A_MAP_OUT_ADDR, end.addr);
	nl_put_u8(nlh, KNAT_A_MAP_OUT_LEN, out->len);
}

/* IN[:PORT[-PORT]] for ports; the same ports if it has none. IN alone if the
 * protocol has none.
 */
static void in_end_put(struct nlmsghdr *nlh, const char *word,
			 const struct outside *out)
{
	int count = out->last - out->first + 1;
	struct end end;

	end_read(word, &end);
	if (end.len >= 0)
		fail_usage("%s is a prefix: the inside end of a port must be IN or IN:PORT",
			   said(word));
	if (!out->first && end.port)
		fail_usage("%s has a port, but %s has none: both must have ports, or none",
			   said(word), said(out->word));
	if (!end.port) {
		end.port = out->first;
		end.last = out->last;
	}
	if (end.last - end.port + 1 != count)
		fail_usage("%s must have as many ports as %s: %d, not %d",
			   said(word), said(out->word), count,
			   end.last - end.port + 1);
	nl_put_u32(nlh, KNAT_A_MAP_IN_ADDR, end.addr);
	if (end.port)
		ports_put(nlh, KNAT_A_MAP_IN_PORT, KNAT_A_MAP_IN_PORT_LAST,
			  end.port, end.last);
}

static void inside_put(struct words *words, struct nlmsghdr *nlh,
		       const struct outside *out)
{
	const char *word = word_need(words, "the inside end");
	struct end end;

	if (out->len < 0) {
		in_end_put(nlh, word, out);
		return;
	}
	end_read(word, &end);
	if (end.port)
		fail_usage("%s has a port, but %s is a whole address: both must have ports, or none",
			   said(word), said(out->word));
	if ((end.len < 0 ? 32 : end.len) != out->len)
		fail_usage("%s is not as long a prefix as %s: it must end in /%d",
			   said(word), said(out->word), out->len);
	nl_put_u32(nlh, KNAT_A_MAP_IN_ADDR, end.addr);
}

/* @empty: it may be, to take the label away. */
static void label_put(struct words *words, struct nlmsghdr *nlh, bool empty)
{
	const char *word = word_need(words, "the text of the label"), *c;

	if (!*word && !empty)
		fail_usage("\"\" is no label: it must have a character at least");
	if (strlen(word) > KNAT_LABEL_MAX)
		fail_usage("%s is too long for a label: it must have %d bytes at most",
			   said(word), KNAT_LABEL_MAX);
	for (c = word; *c; c++)
		if (iscntrl((unsigned char)*c))
			fail_usage("%s has control characters: a label must have none",
				   said(word));
	nl_put_string(nlh, KNAT_A_MAP_LABEL, word);
}

static bool options_put(struct words *words, struct nlmsghdr *nlh,
			bool no_label)
{
	enum { LIFETIME, LABEL };
	static const char *const names[] = {
		[LIFETIME] = "lifetime", [LABEL] = "label", NULL
	};
	uint32_t given = 0;
	const char *word;
	int i;

	while ((word = word_next(words))) {
		i = word_choose(words, word, "an option of a mapping", names);
		word_once(words, &given, i, names[i]);
		if (i == LABEL) {
			label_put(words, nlh, no_label);
			continue;
		}
		word = word_need(words, "the number of seconds");
		nl_put_u32(nlh, KNAT_A_MAP_LIFETIME,
			   number_read(word, "lifetime in seconds", 1,
				       UINT32_MAX));
	}
	return given;
}

static void add(struct words *words)
{
	static const char *const to[] = { "to", NULL };
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_ADD);
	struct outside out;
	const char *word;

	if (words->left && proto_find(words->next[0]) == IPPROTO_ICMP)
		fail_usage("icmp has no port to forward: it must be a whole address, OUT to IN, which is for icmp too");
	outside_put(words, nlh, &out);
	word = word_need(words, "\"to\" and the inside end");
	if (word_find(word, to))
		fail_word(words, "%s stands where \"to\" and the inside end must be",
			  said(word));
	inside_put(words, nlh, &out);
	options_put(words, nlh, false);
	nl_do(nlh);
}

static void set(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_SET);
	struct outside out;

	outside_put(words, nlh, &out);
	if (!options_put(words, nlh, true))
		fail_word(words, "nothing is to be set: \"label\" or \"lifetime\" must be there");
	nl_do(nlh);
}

static void del(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_DEL);
	struct outside out;

	outside_put(words, nlh, &out);
	word_end(words);
	nl_do(nlh);
}

static void filter_put(struct words *words, struct nlmsghdr *nlh)
{
	enum { DYNAMIC, STATIC, ALL, IN, OUT, PROTO, POOL };
	static const char *const names[] = {
		[DYNAMIC] = "dynamic", [STATIC] = "static", [ALL] = "all",
		[IN] = "in", [OUT] = "out", [PROTO] = "proto", [POOL] = "pool",
		NULL
	};
	static const uint8_t kinds[] = {
		[DYNAMIC] = KNAT_MAP_DYNAMIC, [STATIC] = KNAT_MAP_STATIC,
		[ALL] = KNAT_MAP_ALL,
	};
	uint32_t given = 0;
	const char *word;
	int i, kind = -1;

	while ((word = word_next(words))) {
		i = word_choose(words, word, "a filter of mappings", names);
		word_once(words, &given, i, names[i]);
		switch (i) {
		case IN:
			filter_put_end(words, nlh, names[i], KNAT_A_MAP_IN_ADDR,
				       KNAT_A_MAP_IN_PORT);
			break;
		case OUT:
			filter_put_end(words, nlh, names[i], KNAT_A_MAP_OUT_ADDR,
				       KNAT_A_MAP_OUT_PORT);
			break;
		case PROTO:
			word = word_need(words, "the protocol");
			nl_put_u8(nlh, KNAT_A_MAP_PROTO, proto_read(word));
			break;
		case POOL:
			word = word_need(words, "the name of the pool");
			pool_name_check(word);
			nl_put_string(nlh, KNAT_A_MAP_POOL, word);
			break;
		default:
			if (kind >= 0)
				fail_word(words, "\"%s\" and \"%s\" exclude each other: only one of them must be there",
					  names[kind], names[i]);
			kind = i;
			nl_put_u8(nlh, KNAT_A_MAP_KIND, kinds[i]);
		}
	}
}

static void list(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_GET);

	filter_put(words, nlh);
	nl_list(nlh, &map_reader);
}

static void flush(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_FLUSH);

	filter_put(words, nlh);
	progress_begin("removing mappings", NULL);
	nl_get(nlh, &map_count_reader);
	progress_end();
}

static const struct verb verbs[] = {
	{ "add",
	  "PROTO OUT:PORT[-PORT] to IN[:PORT[-PORT]] [ OPTIONS ]\n"
	  "PROTO dev DEV:PORT[-PORT] to IN[:PORT[-PORT]] [ OPTIONS ]\n"
	  "PROTO OUT to IN [ OPTIONS ]    (a protocol without ports)\n"
	  "PROTO dev DEV to IN [ OPTIONS ]\n"
	  "OUT[/LEN] to IN[/LEN] [ OPTIONS ]", add },
	{ "set",
	  "PROTO OUT:PORT[-PORT] OPTIONS\n"
	  "PROTO dev DEV:PORT[-PORT] OPTIONS\n"
	  "PROTO OUT OPTIONS\n"
	  "PROTO dev DEV OPTIONS\n"
	  "OUT[/LEN] OPTIONS", set },
	{ "del",
	  "PROTO OUT:PORT[-PORT]\n"
	  "PROTO dev DEV:PORT[-PORT]\n"
	  "PROTO OUT\n"
	  "PROTO dev DEV\n"
	  "OUT[/LEN]", del },
	{ "list", "[ FILTER ]", list },
	{ "flush", "[ FILTER ]    (dynamic, unless static or all is said)", flush },
	{ "show", NULL, list },
	{ }
};

const struct object map_object = {
	.name		= "map",
	.meaning	= "mappings: port forwards, one to one, and what traffic made",
	.terms		=
"OPTIONS: [ lifetime SECONDS ] [ label TEXT ]\n"
"FILTER:  [ in ADDR[:PORT] ] [ out ADDR[:PORT] ] [ proto P ] [ pool NAME ]\n"
"         [ static | dynamic | all ]\n",
	.verbs		= verbs,
	.plain		= list,
};
