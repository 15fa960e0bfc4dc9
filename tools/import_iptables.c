// SPDX-License-Identifier: GPL-2.0
/* natctl import: what iptables-save prints. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include "addr.h"
#include "error.h"
#include "import.h"

#define WORDS_MAX	256
#define TABLE		"nat"

/* The words of a line. */
static char *words[WORDS_MAX + 1];
static int at;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* In place. In double quotes a backslash stands before what is meant as it is.
 * False: too many words.
 */
static bool split(char *line)
{
	char *to = line;
	bool quoted;
	int n = 0;

	at = 0;
	for (;;) {
		while (is_blank(*line))
			line++;
		if (!*line)
			break;
		if (n == WORDS_MAX)
			return false;
		words[n++] = to;
		for (quoted = false; *line && (quoted || !is_blank(*line));) {
			if (*line == '"') {
				quoted = !quoted;
				line++;
				continue;
			}
			if (quoted && *line == '\\' && line[1])
				line++;
			*to++ = *line++;
		}
		if (*line)
			line++;
		*to++ = 0;
	}
	words[n] = NULL;
	return true;
}

/* The value of an option, empty if it has none. */
static const char *value(void)
{
	static const char *const none = "";

	return words[at] ? words[at++] : none;
}

static struct import_ranges one(struct import_range range)
{
	struct import_ranges ranges = { 0 };

	import_ranges_add(&ranges, range.first, range.last);
	return ranges;
}

/* --- matches --- */

static void addrs(struct import_match *match, bool dst, bool not,
		  const char *word)
{
	struct import_ranges ranges = { 0 };
	struct import_match less = { 0 };
	struct import_range range;
	const char *why = import_addrs(word, &range);

	if (why) {
		import_match_why(match, why);
		return;
	}
	import_ranges_add(&ranges, range.first, range.last);
	if (!not) {
		import_match_addrs(match, dst, &ranges);
		return;
	}
	/* -d and --dst-range may both leave out some. */
	*(dst ? &less.not_dst : &less.not_src) = ranges;
	import_match_and(match, &less);
}

static void device(struct import_match *match, bool out, bool not,
		   const char *word)
{
	struct import_names names = { import_alloc(sizeof(word)), 1 };
	size_t len = strlen(word);

	names.list[0] = import_copy(word, len);
	if (not)
		import_match_why(match, import_text("it is for all devices but %s: a device can only be said by its name",
						    said(word)));
	else if (len && word[len - 1] == '+')
		import_match_why(match, import_text("%s stands for many devices: a device can only be said by its name",
						    said(word)));
	else if (!device_is(word))
		import_match_why(match, import_text("%s cannot be a device",
						    said(word)));
	else
		import_match_device(match, out, &names);
}

static void protocol(struct import_match *match, bool not, const char *word)
{
	const struct protoent *entry;
	uint32_t number = proto_find(word);
	struct import_ranges ranges;

	if (!number && (!strcmp(word, "all") || !strcmp(word, "0")))
		return;
	/* The file has the names of /etc/protocols. */
	if (!number) {
		entry = getprotobyname(word);
		number = entry ? entry->p_proto : 0;
	}
	if (not) {
		import_match_why(match, "it is for all protocols but one: a protocol can only be said by itself");
		return;
	}
	if (!number || number > 255) {
		import_match_why(match, import_text("%s is no protocol of IPv4",
						    said(word)));
		return;
	}
	ranges = one((struct import_range){ number, number });
	import_match_proto(match, &ranges);
}

/* PORT[:PORT],... */
static void dports(struct import_match *match, bool not, char *list)
{
	struct import_ranges ranges = { 0 };
	struct import_range range;
	const char *why = NULL, *word;

	if (not)
		why = "it is for all ports but some: ports can only be said by themselves";
	while (!why && (word = strsep(&list, ","))) {
		why = import_ports(word, ':', &range);
		if (!why)
			import_ranges_add(&ranges, range.first, range.last);
	}
	if (why)
		import_match_why(match, why);
	else
		import_match_dport(match, &ranges);
}

static void module(struct import_match *match, const char *word)
{
	static const char *const known[] = {
		"tcp", "udp", "udplite", "dccp", "sctp", "comment", "multiport",
		"iprange", "addrtype", "conntrack", "state",
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(word, known[i]))
			return;
	import_match_why(match, import_text("there is nothing like the match %s",
					    said(word)));
}

static void dst_type(struct import_match *match, bool not, const char *word)
{
	if (not || strcmp(word, "LOCAL"))
		import_match_why(match, import_text("there is nothing like the destination type %s",
						    said(word)));
	match->dst_local = true;
}

/* Only the first packet of a flow meets the table, which is always new. */
static void ct_state(struct import_match *match, bool not, const char *word)
{
	if (not || strcmp(word, "NEW"))
		import_match_why(match, import_text("there is nothing like the state %s",
						    said(word)));
}

/* --- actions --- */

/* [A[-B]][:PORT[-PORT[/BASE]]] */
static void to_end(struct import_rule *rule, const char *word)
{
	const char *colon = strchr(word, ':'), *slash;
	size_t len = colon ? (size_t)(colon - word) : strlen(word);
	const char *addr = import_copy(word, len), *why = NULL;
	uint32_t base;

	if (colon && strchr(colon + 1, ':')) {
		import_match_why(&rule->match, import_text("%s is of IPv6, which is not translated",
							   said(word)));
		return;
	}
	if (rule->to.last)
		why = "it has more than one list of new addresses";
	else if (len)
		why = import_addrs(addr, &rule->to);
	if (!why && colon) {
		slash = strchr(colon, '/');
		if (slash && number_find(slash + 1, &base) && base <= 65535)
			rule->base = base;
		else if (slash)
			why = import_text("%s is no port", said(slash + 1));
		if (!why)
			why = import_ports(import_copy(colon + 1, slash ?
						       (size_t)(slash - colon - 1) :
						       strlen(colon + 1)),
					   '-', &rule->to_port);
	}
	if (why)
		import_match_why(&rule->match, why);
}

static void target(struct import_rule *rule, const char *word, bool for_good)
{
	static const struct {
		const char		*name;
		enum import_action	action;
	} targets[] = {
		{ "MASQUERADE", IMPORT_MASQUERADE }, { "SNAT", IMPORT_SNAT },
		{ "DNAT", IMPORT_DNAT }, { "NETMAP", IMPORT_NETMAP },
		{ "REDIRECT", IMPORT_REDIRECT }, { "ACCEPT", IMPORT_ACCEPT },
		{ "RETURN", IMPORT_RETURN },
	};
	size_t i;

	rule->target = import_copy(word, strlen(word));
	rule->action = IMPORT_OTHER;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(word, targets[i].name))
			rule->action = targets[i].action;
	if (import_chain_find(TABLE, word))
		rule->action = for_good ? IMPORT_GOTO : IMPORT_JUMP;
	else if (rule->action == IMPORT_OTHER)
		import_match_why(&rule->match, import_text("there is nothing like the target %s",
							   said(word)));
}

enum option {
	SOURCE, DESTINATION, IN, OUT, PROTOCOL, MODULE, DPORT, COMMENT,
	SRC_RANGE, DST_RANGE, DST_TYPE, CT_STATE, JUMP, GOTO, TO_END, TO_PORTS,
	TO, RANDOM, PERSISTENT, COUNTERS,
};

static const struct {
	const char	*name;
	enum option	option;
} options[] = {
	{ "-s", SOURCE }, { "--source", SOURCE }, { "--src", SOURCE },
	{ "-d", DESTINATION }, { "--destination", DESTINATION },
	{ "--dst", DESTINATION }, { "-i", IN }, { "--in-interface", IN },
	{ "-o", OUT }, { "--out-interface", OUT }, { "-p", PROTOCOL },
	{ "--protocol", PROTOCOL }, { "-m", MODULE }, { "--match", MODULE },
	{ "--dport", DPORT }, { "--destination-port", DPORT },
	{ "--dports", DPORT }, { "--destination-ports", DPORT },
	{ "--comment", COMMENT }, { "--src-range", SRC_RANGE },
	{ "--dst-range", DST_RANGE }, { "--dst-type", DST_TYPE },
	{ "--ctstate", CT_STATE }, { "--state", CT_STATE }, { "-j", JUMP },
	{ "--jump", JUMP }, { "-g", GOTO }, { "--goto", GOTO },
	{ "--to-source", TO_END }, { "--to-destination", TO_END },
	{ "--to-ports", TO_PORTS }, { "--to", TO }, { "--random", RANDOM },
	{ "--random-fully", RANDOM }, { "--persistent", PERSISTENT },
	{ "-c", COUNTERS }, { "--set-counters", COUNTERS },
};

static int option_find(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(word, options[i].name))
			return options[i].option;
	return -1;
}

static void option_read(struct import_rule *rule, int option, bool not)
{
	struct import_match *match = &rule->match;
	const char *word, *why;

	switch (option) {
	case SOURCE:
	case SRC_RANGE:
		addrs(match, false, not, value());
		break;
	case DESTINATION:
	case DST_RANGE:
		addrs(match, true, not, value());
		break;
	case IN:
	case OUT:
		device(match, option == OUT, not, value());
		break;
	case PROTOCOL:
		protocol(match, not, value());
		break;
	case MODULE:
		module(match, value());
		break;
	case DPORT:
		word = value();
		dports(match, not, (char *)import_copy(word, strlen(word)));
		break;
	case COMMENT:
		word = value();
		rule->comment = import_copy(word, strlen(word));
		break;
	case DST_TYPE:
		dst_type(match, not, value());
		break;
	case CT_STATE:
		ct_state(match, not, value());
		break;
	case JUMP:
	case GOTO:
		target(rule, value(), option == GOTO);
		break;
	case TO:
		/* Of NETMAP it is a prefix. */
		if (rule->action == IMPORT_NETMAP) {
			why = import_addrs(value(), &rule->to);
			if (why)
				import_match_why(match, why);
			break;
		}
		/* fallthrough */
	case TO_END:
		to_end(rule, value());
		break;
	case TO_PORTS:
		why = import_ports(value(), '-', &rule->to_port);
		if (why)
			import_match_why(match, why);
		break;
	case RANDOM:
		rule->random = true;
		break;
	case COUNTERS:
		value();
		value();
		break;
	}
}

static enum import_hook hook_of(const char *name)
{
	if (!strcmp(name, "PREROUTING"))
		return IMPORT_PRE;
	if (!strcmp(name, "POSTROUTING"))
		return IMPORT_POST;
	if (!strcmp(name, "OUTPUT") || !strcmp(name, "INPUT"))
		return IMPORT_OWN;
	return IMPORT_NO_HOOK;
}

/* The chain of this name; those of the kernel need not be declared. */
static struct import_chain *chain_of(const char *name)
{
	struct import_chain *chain = import_chain(TABLE, name);

	chain->hook = hook_of(name);
	return chain;
}

/* A rule: what is behind -A. */
static void rule_read(const char *place)
{
	struct import_rule *rule = import_rule_add(chain_of(value()), place);
	const char *word;
	bool not = false;
	int option;

	while ((word = words[at])) {
		at++;
		if (!strcmp(word, "!")) {
			not = true;
			continue;
		}
		option = option_find(word);
		if (option < 0) {
			import_match_why(&rule->match, import_text("there is nothing like the option %s",
								   said(word)));
			/* Its values are not known; its target is. */
			while (words[at] && *words[at] != '-' &&
			       strcmp(words[at], "!"))
				at++;
		} else {
			/* In files of old, it stands behind the option. */
			if (words[at] && !strcmp(words[at], "!")) {
				not = true;
				at++;
			}
			option_read(rule, option, not);
		}
		not = false;
	}
}

/* Lines of the table nat, twice: jumps may be to chains that come later. */
static void line_read(char *line, const char *place, bool chains_only)
{
	struct import_rule *rule;

	if (*line == ':') {
		line[strcspn(line, " \t\r")] = 0;
		if (chains_only && line[1])
			chain_of(line + 1);
		return;
	}
	if (chains_only)
		return;
	/* Counters, of iptables-save -c */
	if (*line == '[') {
		line += strcspn(line, "]");
		line += *line == ']';
	}
	if (split(line) && words[0] &&
	    (!strcmp(words[0], "-A") || !strcmp(words[0], "--append")) &&
	    words[1]) {
		at = 1;
		rule_read(place);
		return;
	}
	if (!words[0])
		return;
	rule = import_rule_add(import_chain(TABLE, ""), place);
	import_tell(rule, "it is no line of iptables-save");
}

/* A line that begins or ends a table has this word alone, or counters. */
static bool is_word(const char *line, const char *word)
{
	size_t len = strcspn(line, " \t\r");

	return len == strlen(word) && !strncmp(line, word, len);
}

static void fail_open(const char *file, unsigned long number,
		      const char *table)
{
	error_place(file, number);
	fail_usage("the table %s is not complete: its line COMMIT is missing",
		   said(table));
}

static bool read_tables(char *text, size_t len, bool chains_only)
{
	char *end = text + len, *next, *line;
	const char *file = NULL, *place = "", *table = NULL;
	bool any = false;
	unsigned long number = 0;

	file = error_place_file(&number);
	for (number = 1; text < end; text = next, number++) {
		next = memchr(text, '\n', end - text);
		next = next ? next + 1 : end;
		import_work(1);
		/* A byte 0 ends the line. */
		line = (char *)import_copy(text, next - text -
					   (next[-1] == '\n'));
		line += strspn(line, " \t\r");
		if (*line == '*') {
			if (table)
				fail_open(file, number, table);
			line[strcspn(line, " \t\r")] = 0;
			table = line + 1;
			any = true;
		} else if (is_word(line, "COMMIT")) {
			table = NULL;
		} else if (*line && *line != '#' &&
			   (!table || !strcmp(table, TABLE))) {
			if (!chains_only)
				place = import_text("%s:%lu", file, number);
			if (table)
				line_read(line, place, chains_only);
			else if (!chains_only)
				import_tell(import_rule_add(import_chain(TABLE, ""),
							    place),
					    "it is in no table");
		}
	}
	if (table)
		fail_open(file, number - 1, table);
	return any;
}

/* The first time, nothing is said of rules: a file that is cut off is no file. */
bool import_iptables(char *text, size_t len)
{
	if (!read_tables(text, len, true))
		return false;
	return read_tables(text, len, false);
}
