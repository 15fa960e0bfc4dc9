// SPDX-License-Identifier: GPL-2.0
/* natctl map: mappings, static and dynamic. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "natctl.h"

const char map_help[] =
"Usage: natctl map add PROTO OUT:PORT[-PORT] to IN[:PORT[-PORT]] [ OPTIONS ]\n"
"       natctl map add PROTO dev DEV:PORT[-PORT] to IN[:PORT[-PORT]] [ OPTIONS ]\n"
"       natctl map add OUT[/LEN] to IN[/LEN] [ OPTIONS ]\n"
"       natctl map del PROTO OUT:PORT[-PORT] | PROTO dev DEV:PORT[-PORT]\n"
"       natctl map del OUT[/LEN]\n"
"       natctl map list [ FILTER ]\n"
"       natctl map flush [ FILTER ]  (dynamic ones unless static or all is said)\n"
"OPTIONS: [ lifetime SECONDS ] [ label TEXT ]\n"
"FILTER:  [ in ADDR[:PORT] ] [ out ADDR[:PORT] ] [ proto P ] [ pool NAME ]\n"
"         [ static | dynamic | all ]\n";

/* DEV:PORT[-PORT] */
static void put_dev(struct words *w, struct nlmsghdr *nlh, uint16_t *first,
		    uint16_t *last)
{
	char *word = word_need(w, "DEV:PORT behind dev");
	char *colon = strrchr(word, ':');

	if (!colon)
		die_word(w, "\"%s\" needs a port: DEV:PORT", word);
	*colon++ = 0;
	parse_dev(w, word);
	parse_ports(w, colon, first, last);
	put_str(nlh, KNAT_A_MAP_OUT_DEV, word);
}

static void put_port_range(struct nlmsghdr *nlh, int attr, int attr_last,
			   uint16_t first, uint16_t last)
{
	put_u16(nlh, attr, first);
	if (last != first)
		put_u16(nlh, attr_last, last);
}

/* The outside end: the ports it has in *@first and *@last, its prefix length
 * in *@len for whole addresses.
 */
static void put_outside(struct words *w, struct nlmsghdr *nlh, uint16_t *first,
			uint16_t *last, int *len)
{
	char *word = word_need(w, "the outside end");
	struct ends out;

	*len = -1;
	if (!strpbrk(word, ".:/")) {
		put_u8(nlh, KNAT_A_MAP_PROTO, parse_proto(w, word));
		word = word_need(w, "OUT:PORT");
		if (!strcmp(word, "dev")) {
			put_dev(w, nlh, first, last);
		} else {
			parse_ends(w, word, &out);
			if (!out.port)
				die_word(w, "\"%s\" needs a port: OUT:PORT",
					 word);
			put_u32(nlh, KNAT_A_MAP_OUT_ADDR, out.addr);
			*first = out.port;
			*last = out.last;
		}
		put_port_range(nlh, KNAT_A_MAP_OUT_PORT,
			       KNAT_A_MAP_OUT_PORT_LAST, *first, *last);
		return;
	}
	parse_ends(w, word, &out);
	if (out.port)
		die_word(w, "a port needs a protocol before it: PROTO %s",
			 word);
	*first = 0;
	*last = 0;
	*len = out.len < 0 ? 32 : out.len;
	put_u32(nlh, KNAT_A_MAP_OUT_ADDR, out.addr);
	put_u8(nlh, KNAT_A_MAP_OUT_LEN, *len);
}

static void put_inside(struct words *w, struct nlmsghdr *nlh, uint16_t first,
		       uint16_t last, int len)
{
	const char *word = word_need(w, "the inside end");
	struct ends in;

	parse_ends(w, word, &in);
	put_u32(nlh, KNAT_A_MAP_IN_ADDR, in.addr);
	if (len >= 0) {
		if (in.port)
			die_word(w, "a whole address is mapped: \"%s\" may not have a port",
				 word);
		if ((in.len < 0 ? 32 : in.len) != len)
			die_word(w, "the inside prefix \"%s\" must have the length of the outside one, %d",
				 word, len);
		return;
	}
	if (in.len >= 0)
		die_word(w, "\"%s\" must be one address for a mapping of ports",
			 word);
	if (!in.port) {
		in.port = first;
		in.last = last;
	}
	if (in.last - in.port != last - first)
		die_word(w, "\"%s\" must have as many ports as the outside end, %d",
			 word, last - first + 1);
	put_port_range(nlh, KNAT_A_MAP_IN_PORT, KNAT_A_MAP_IN_PORT_LAST,
		       in.port, in.last);
}

static void put_label(struct words *w, struct nlmsghdr *nlh)
{
	const char *word = word_need(w, "a text behind label");
	const char *c;

	if (strlen(word) > KNAT_LABEL_MAX)
		die_word(w, "the label is too long: %d bytes are allowed",
			 KNAT_LABEL_MAX);
	for (c = word; *c; c++)
		if (iscntrl((unsigned char)*c))
			die_word(w, "a label has no control characters");
	put_str(nlh, KNAT_A_MAP_LABEL, word);
}

static void add(struct words *w)
{
	static const char *const options[] = { "lifetime", "label", NULL };
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_ADD, 0);
	bool given[2] = { false };
	uint16_t first, last;
	const char *word;
	int len, i;

	put_outside(w, nlh, &first, &last, &len);
	word = word_need(w, "to and the inside end");
	if (strcmp(word, "to"))
		die_word(w, "\"%s\" stands where \"to\" is expected", word);
	put_inside(w, nlh, first, last, len);
	while ((word = word_next(w))) {
		i = word_match(w, word, "an option of a mapping", options);
		if (given[i])
			die_word(w, "\"%s\" is there twice", options[i]);
		given[i] = true;
		if (i)
			put_label(w, nlh);
		else
			put_u32(nlh, KNAT_A_MAP_LIFETIME,
				parse_u32(w, word_need(w, "seconds behind lifetime"),
					  "lifetime", 1, UINT32_MAX));
	}
	nl_talk(nlh, 0, NULL);
}

static void del(struct words *w)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_MAP_DEL, 0);
	uint16_t first, last;
	int len;

	put_outside(w, nlh, &first, &last, &len);
	word_end(w);
	nl_talk(nlh, 0, NULL);
}

static void put_filter(struct words *w, struct nlmsghdr *nlh)
{
	static const char *const filters[] = {
		"dynamic", "static", "all", "in", "out", "proto", "pool", NULL
	};
	const char *word;
	struct ends ends;
	int i;

	while ((word = word_next(w))) {
		i = word_match(w, word, "a filter", filters);
		switch (i) {
		case 0:
		case 1:
		case 2:
			put_u8(nlh, KNAT_A_MAP_KIND, i);
			break;
		case 3:
		case 4:
			word = word_need(w, "an address");
			parse_ends(w, word, &ends);
			if (ends.len >= 0 || ends.last != ends.port)
				die_word(w, "\"%s\" must be ADDR or ADDR:PORT",
					 word);
			put_u32(nlh, i == 3 ? KNAT_A_MAP_IN_ADDR :
					      KNAT_A_MAP_OUT_ADDR, ends.addr);
			if (ends.port)
				put_u16(nlh, i == 3 ? KNAT_A_MAP_IN_PORT :
						      KNAT_A_MAP_OUT_PORT,
					ends.port);
			break;
		case 5:
			put_u8(nlh, KNAT_A_MAP_PROTO,
			       parse_proto(w, word_need(w, "a protocol")));
			break;
		case 6:
			word = word_need(w, "the name of a pool");
			if (strlen(word) > KNAT_NAME_MAX)
				die_word(w, "\"%s\" is too long for a name: %d characters are allowed",
					 word, KNAT_NAME_MAX);
			put_str(nlh, KNAT_A_MAP_POOL, word);
			break;
		}
	}
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static uint16_t u16_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u16(attr) : 0;
}

static void json_ports(const char *key, const char *key_last,
		       const struct nlattr *first, const struct nlattr *last)
{
	if (first)
		obj_num(key, mnl_attr_get_u16(first));
	if (last)
		obj_num(key_last, mnl_attr_get_u16(last));
}

static void json_num(const char *key, const struct nlattr *attr)
{
	if (attr)
		obj_num(key, mnl_attr_get_u32(attr));
}

static void json_text(const char *key, const struct nlattr *attr)
{
	if (attr)
		obj_str(key, mnl_attr_get_str(attr));
}

static void json_map(const struct nlattr *const *a)
{
	obj_begin();
	obj_str("kind", mnl_attr_get_u8(a[KNAT_A_MAP_KIND]) == KNAT_MAP_STATIC ?
			"static" : "dynamic");
	if (a[KNAT_A_MAP_PROTO])
		obj_str("proto", proto_name(mnl_attr_get_u8(a[KNAT_A_MAP_PROTO])));
	json_text("out_dev", a[KNAT_A_MAP_OUT_DEV]);
	if (a[KNAT_A_MAP_OUT_ADDR])
		obj_str("out_addr", addr_text(u32_of(a[KNAT_A_MAP_OUT_ADDR])));
	json_ports("out_port", "out_port_last", a[KNAT_A_MAP_OUT_PORT],
		   a[KNAT_A_MAP_OUT_PORT_LAST]);
	obj_str("in_addr", addr_text(u32_of(a[KNAT_A_MAP_IN_ADDR])));
	json_ports("in_port", "in_port_last", a[KNAT_A_MAP_IN_PORT],
		   a[KNAT_A_MAP_IN_PORT_LAST]);
	if (a[KNAT_A_MAP_OUT_LEN])
		obj_num("prefix_len", mnl_attr_get_u8(a[KNAT_A_MAP_OUT_LEN]));
	if (a[KNAT_A_MAP_REMOTE_ADDR])
		obj_str("remote_addr",
			addr_text(u32_of(a[KNAT_A_MAP_REMOTE_ADDR])));
	json_ports("remote_port", NULL, a[KNAT_A_MAP_REMOTE_PORT], NULL);
	json_num("lifetime", a[KNAT_A_MAP_LIFETIME]);
	json_text("label", a[KNAT_A_MAP_LABEL]);
	json_text("pool", a[KNAT_A_MAP_POOL]);
	json_num("sessions", a[KNAT_A_MAP_SESSIONS]);
	json_num("idle", a[KNAT_A_MAP_IDLE]);
	json_num("expires", a[KNAT_A_MAP_EXPIRES]);
	obj_end();
}

static const char *outside_text(const struct nlattr *const *a)
{
	static char text[64];
	uint16_t first = u16_of(a[KNAT_A_MAP_OUT_PORT]);
	uint16_t last = u16_of(a[KNAT_A_MAP_OUT_PORT_LAST]);

	if (a[KNAT_A_MAP_OUT_DEV]) {
		int n = snprintf(text, sizeof(text), "dev %s:%u",
				 mnl_attr_get_str(a[KNAT_A_MAP_OUT_DEV]),
				 first);

		if (last)
			snprintf(text + n, sizeof(text) - n, "-%u", last);
		return text;
	}
	return ends_text(u32_of(a[KNAT_A_MAP_OUT_ADDR]), first, last);
}

/* What cannot be typed back. */
static void text_remark(const struct nlattr *const *a)
{
	bool fixed = mnl_attr_get_u8(a[KNAT_A_MAP_KIND]) == KNAT_MAP_STATIC;
	uint32_t sessions = u32_of(a[KNAT_A_MAP_SESSIONS]);

	printf("  # %s", fixed ? "static" : "dynamic");
	if (a[KNAT_A_MAP_OUT_DEV])
		printf(" on %s", a[KNAT_A_MAP_OUT_ADDR] ?
		       addr_text(u32_of(a[KNAT_A_MAP_OUT_ADDR])) :
		       "no address");
	if (a[KNAT_A_MAP_REMOTE_ADDR])
		printf(" for %s",
		       ends_text(u32_of(a[KNAT_A_MAP_REMOTE_ADDR]),
				 u16_of(a[KNAT_A_MAP_REMOTE_PORT]), 0));
	if (a[KNAT_A_MAP_POOL])
		printf(" pool %s", mnl_attr_get_str(a[KNAT_A_MAP_POOL]));
	if (sessions)
		printf(" sessions %u", sessions);
	if (a[KNAT_A_MAP_IDLE])
		printf(" idle %us", u32_of(a[KNAT_A_MAP_IDLE]));
	if (a[KNAT_A_MAP_EXPIRES])
		printf(" expires in %us", u32_of(a[KNAT_A_MAP_EXPIRES]));
	putchar('\n');
}

static void text_map(const struct nlattr *const *a)
{
	char prefix[24];

	if (a[KNAT_A_MAP_PROTO]) {
		printf("%-4s %-21s to %-21s",
		       proto_name(mnl_attr_get_u8(a[KNAT_A_MAP_PROTO])),
		       outside_text(a),
		       ends_text(u32_of(a[KNAT_A_MAP_IN_ADDR]),
				 u16_of(a[KNAT_A_MAP_IN_PORT]),
				 u16_of(a[KNAT_A_MAP_IN_PORT_LAST])));
	} else {
		uint8_t len = a[KNAT_A_MAP_OUT_LEN] ?
			mnl_attr_get_u8(a[KNAT_A_MAP_OUT_LEN]) : 32;

		snprintf(prefix, sizeof(prefix), "%s/%u", outside_text(a), len);
		printf("%-26s to ", len < 32 ? prefix : outside_text(a));
		snprintf(prefix, sizeof(prefix), "%s/%u",
			 addr_text(u32_of(a[KNAT_A_MAP_IN_ADDR])), len);
		printf("%-21s", len < 32 ? prefix :
		       addr_text(u32_of(a[KNAT_A_MAP_IN_ADDR])));
	}
	if (a[KNAT_A_MAP_LIFETIME])
		printf(" lifetime %u", u32_of(a[KNAT_A_MAP_LIFETIME]));
	if (a[KNAT_A_MAP_LABEL]) {
		printf(" label ");
		quoted(mnl_attr_get_str(a[KNAT_A_MAP_LABEL]));
	}
	text_remark(a);
}

static void print_map(const struct nlattr *const *attrs)
{
	if (!attrs[KNAT_A_MAP_KIND] || !attrs[KNAT_A_MAP_IN_ADDR])
		return;
	if (json)
		json_map(attrs);
	else
		text_map(attrs);
}

static void print_count(const struct nlattr *const *attrs)
{
	if (!attrs[KNAT_A_MAP_COUNT])
		return;
	if (json) {
		obj_begin();
		obj_num("removed", u32_of(attrs[KNAT_A_MAP_COUNT]));
		obj_end();
	} else {
		printf("%u mappings removed\n",
		       u32_of(attrs[KNAT_A_MAP_COUNT]));
	}
}

void map_command(struct words *w)
{
	static const char *const verbs[] = { "add", "del", "list", "flush",
					     "help", NULL };
	const char *word = word_next(w);
	struct nlmsghdr *nlh;

	w->help = map_help;
	switch (word ? word_match(w, word, "a command of map", verbs) : 2) {
	case 0:
		add(w);
		break;
	case 1:
		del(w);
		break;
	case 2:
		nlh = nl_request(KNAT_CMD_MAP_GET, NLM_F_DUMP);
		put_filter(w, nlh);
		list_begin();
		nl_talk(nlh, KNAT_A_MAP_MAX, print_map);
		list_end();
		break;
	case 3:
		nlh = nl_request(KNAT_CMD_MAP_FLUSH, 0);
		put_filter(w, nlh);
		list_begin();
		nl_talk(nlh, KNAT_A_MAP_MAX, print_count);
		list_end();
		break;
	default:
		printf("%s", map_help);
	}
}
