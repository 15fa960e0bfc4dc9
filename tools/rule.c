// SPDX-License-Identifier: GPL-2.0
/* natctl rule: which traffic is translated how. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include "addr.h"
#include "command.h"
#include "error.h"
#include "nl.h"
#include "options.h"
#include "out.h"
#include "rule.h"

enum { PRIO, OIF, SRC, DST, PROTO, DPORT, ACTION };

static const char *const names[] = {
	[PRIO] = "prio", [OIF] = "oif", [SRC] = "src", [DST] = "dst",
	[PROTO] = "proto", [DPORT] = "dport",
	[ACTION + KNAT_ACTION_MASQUERADE]	= "masquerade",
	[ACTION + KNAT_ACTION_POOL]		= "pool",
	[ACTION + KNAT_ACTION_EXEMPT]		= "exempt",
	NULL
};

static void prefix_put(struct words *words, struct nlmsghdr *nlh, int attr,
		       int attr_len)
{
	uint32_t addr;
	uint8_t len;

	prefix_read(word_need(words, "the prefix"), &addr, &len);
	nl_put_u32(nlh, attr, addr);
	nl_put_u8(nlh, attr_len, len);
}

static void selector_put(struct words *words, struct nlmsghdr *nlh, int i)
{
	const char *word;

	switch (i) {
	case PRIO:
		word = word_need(words, "the priority");
		nl_put_u32(nlh, KNAT_A_RULE_PRIO,
			   number_read(word, "priority", 0, UINT32_MAX));
		break;
	case OIF:
		word = word_need(words, "the outside device");
		device_check(word);
		nl_put_string(nlh, KNAT_A_RULE_OIF, word);
		break;
	case SRC:
		prefix_put(words, nlh, KNAT_A_RULE_SRC, KNAT_A_RULE_SRC_LEN);
		break;
	case DST:
		prefix_put(words, nlh, KNAT_A_RULE_DST, KNAT_A_RULE_DST_LEN);
		break;
	case PROTO:
		word = word_need(words, "the protocol");
		nl_put_u8(nlh, KNAT_A_RULE_PROTO, proto_read(word));
		break;
	case DPORT:
		ports_put(words, nlh, "the destination port",
			  KNAT_A_RULE_DPORT_FIRST, KNAT_A_RULE_DPORT_LAST);
		break;
	}
}

/* A word that must stand before the action stands behind it? */
static void selector_late(const struct words *words, const char *word)
{
	int i = word_find(word, names);

	if (i >= 0 && i < ACTION)
		fail_word(words, "%s stands behind the action of the rule: what the rule is for must stand before it",
			  said(word));
}

static void masquerade_put(struct words *words, struct nlmsghdr *nlh)
{
	struct nlattr *nest = NULL;
	uint32_t given = 0;
	const char *word;
	int i;

	while ((word = word_next(words))) {
		if (word_find(word, options_words) == WORD_UNKNOWN)
			selector_late(words, word);
		i = word_choose(words, word, "an option of masquerade",
				options_words);
		word_once(words, &given, i, options_words[i]);
		if (!nest)
			nest = nl_nest_begin(nlh, KNAT_A_RULE_OPTIONS);
		options_put(words, nlh, i);
	}
	if (nest)
		nl_nest_end(nlh, nest);
}

/* The action is the last word but for what belongs to it. */
static void action_put(struct words *words, struct nlmsghdr *nlh, int action)
{
	const char *word;

	nl_put_u8(nlh, KNAT_A_RULE_ACTION, action);
	switch (action) {
	case KNAT_ACTION_MASQUERADE:
		masquerade_put(words, nlh);
		break;
	case KNAT_ACTION_POOL:
		word = word_need(words, "the name of the pool");
		pool_name_check(word);
		nl_put_string(nlh, KNAT_A_RULE_POOL, word);
		break;
	}
	if (words->left)
		selector_late(words, words->next[0]);
	word_end(words);
}

/* All words of a rule; false if it has no action. */
static bool rule_put(struct words *words, struct nlmsghdr *nlh)
{
	bool action = false;
	uint32_t given = 0;
	const char *word;
	int i;

	while (!action && (word = word_next(words))) {
		i = word_choose(words, word, "a word of a rule", names);
		word_once(words, &given, i, names[i]);
		action = i >= ACTION;
		if (action)
			action_put(words, nlh, i - ACTION);
		else
			selector_put(words, nlh, i);
	}
	if (!(given & 1U << OIF))
		fail_word(words, "\"oif\" and the outside device of the rule are missing");
	return action;
}

/* Some device does, or who knows. */
static bool forwarding(void)
{
	bool on = false;
	FILE *file;
	glob_t all;
	size_t i;

	if (glob("/proc/sys/net/ipv4/conf/*/forwarding", 0, NULL, &all))
		return true;
	for (i = 0; i < all.gl_pathc && !on; i++) {
		file = fopen(all.gl_pathv[i], "re");
		on = !file || fgetc(file) != '0';
		if (file)
			fclose(file);
	}
	globfree(&all);
	return on;
}

static void add(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_RULE_ADD);
	unsigned long line;

	if (!rule_put(words, nlh))
		fail_word(words, "the action of the rule is missing: it must be masquerade, pool or exempt");
	nl_do(nlh);
	/* A file may be read before the settings of the kernel are. */
	if (!error_place_file(&line) && !forwarding())
		warn(NULL, 0, "no device forwards packets: sysctl -w net.ipv4.ip_forward=1");
}

static void del(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_RULE_DEL);

	rule_put(words, nlh);
	nl_do(nlh);
}

static const char *prefix_of(const struct nlattr *addr,
			     const struct nlattr *len)
{
	return addr && nl_u8(len) ? prefix_text(nl_u32(addr), nl_u8(len)) : NULL;
}

/* The destination ports as they are said, or NULL. */
static const char *dport_of(const struct nlattr *const *attrs)
{
	const struct nlattr *first = attrs[KNAT_A_RULE_DPORT_FIRST];
	const struct nlattr *last = attrs[KNAT_A_RULE_DPORT_LAST];

	return first && last ? ports_text(nl_u16(first), nl_u16(last)) : NULL;
}

static const char *string_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_str(attr) : NULL;
}

static const char *action_word(uint8_t action)
{
	return action <= KNAT_ACTION_EXEMPT ? names[ACTION + action] : "unknown";
}

static void print_json(const char *key, const struct nlattr *const *attrs,
		       const struct nlattr *const *options)
{
	const char *src = prefix_of(attrs[KNAT_A_RULE_SRC],
				    attrs[KNAT_A_RULE_SRC_LEN]);

	json_object(key);
	json_number("prio", nl_u32(attrs[KNAT_A_RULE_PRIO]));
	json_string("oif", string_of(attrs[KNAT_A_RULE_OIF]));
	if (src)
		json_string("src", src);
	if (attrs[KNAT_A_RULE_DST] && attrs[KNAT_A_RULE_DST_LEN])
		json_string("dst", prefix_of(attrs[KNAT_A_RULE_DST],
					     attrs[KNAT_A_RULE_DST_LEN]));
	if (attrs[KNAT_A_RULE_PROTO])
		json_string("proto", proto_text(nl_u8(attrs[KNAT_A_RULE_PROTO])));
	if (dport_of(attrs))
		json_string("dport", dport_of(attrs));
	json_string("action", action_word(nl_u8(attrs[KNAT_A_RULE_ACTION])));
	if (attrs[KNAT_A_RULE_POOL])
		json_string("pool", string_of(attrs[KNAT_A_RULE_POOL]));
	if (options) {
		json_object("options");
		options_json(options);
		json_end();
	}
	if (attrs[KNAT_A_RULE_ADDR])
		json_string("address", addr_text(nl_u32(attrs[KNAT_A_RULE_ADDR])));
	json_end();
}

uint32_t rule_prio(const struct nlattr *const *attrs)
{
	const struct nlattr *prio = attrs[KNAT_A_RULE_PRIO];

	return prio ? nl_u32(prio) : KNAT_RULE_PRIO_DEFAULT;
}

void rule_selectors_text(const struct nlattr *const *attrs)
{
	const char *src, *dst;

	text("prio %u", rule_prio(attrs));
	text_column(11);
	text("oif ");
	text_word(string_of(attrs[KNAT_A_RULE_OIF]));
	text_column(24);
	src = prefix_of(attrs[KNAT_A_RULE_SRC], attrs[KNAT_A_RULE_SRC_LEN]);
	if (src)
		text("src %s", src);
	dst = prefix_of(attrs[KNAT_A_RULE_DST], attrs[KNAT_A_RULE_DST_LEN]);
	if (dst)
		text("%sdst %s", src ? " " : "", dst);
	if (attrs[KNAT_A_RULE_PROTO])
		text("%sproto %s", src || dst ? " " : "",
		     proto_text(nl_u8(attrs[KNAT_A_RULE_PROTO])));
	if (dport_of(attrs))
		text(" dport %s", dport_of(attrs));
}

static void print_text(const struct nlattr *const *attrs,
		       const struct nlattr *const *options)
{
	rule_selectors_text(attrs);
	text_column(47);
	text("%s", action_word(nl_u8(attrs[KNAT_A_RULE_ACTION])));
	if (attrs[KNAT_A_RULE_POOL]) {
		text(" ");
		text_word(string_of(attrs[KNAT_A_RULE_POOL]));
	}
	if (options) {
		options_text(options);
		text_remark(60);
		text("%s", attrs[KNAT_A_RULE_ADDR] ?
		     addr_text(nl_u32(attrs[KNAT_A_RULE_ADDR])) : "no address");
	}
	text_end();
}

void rule_print(const char *key, const struct nlattr *const *attrs)
{
	const struct nlattr *options[KNAT_A_POOL_MAX + 1];
	const struct nlattr *nest = attrs[KNAT_A_RULE_OPTIONS];

	if (!attrs[KNAT_A_RULE_OIF] || !attrs[KNAT_A_RULE_ACTION])
		nl_odd_answer();
	if (nest)
		nl_parse_nest(nest, options, KNAT_A_POOL_MAX, options_types);
	if (out_json)
		print_json(key, attrs, nest ? options : NULL);
	else
		print_text(attrs, nest ? options : NULL);
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	(void)nlh;
	rule_print(NULL, attrs);
}

static const uint8_t types[KNAT_A_RULE_MAX + 1] = {
	[KNAT_A_RULE_PRIO]	= MNL_TYPE_U32,
	[KNAT_A_RULE_OIF]	= MNL_TYPE_NUL_STRING,
	[KNAT_A_RULE_SRC]	= MNL_TYPE_U32,
	[KNAT_A_RULE_SRC_LEN]	= MNL_TYPE_U8,
	[KNAT_A_RULE_DST]	= MNL_TYPE_U32,
	[KNAT_A_RULE_DST_LEN]	= MNL_TYPE_U8,
	[KNAT_A_RULE_PROTO]	= MNL_TYPE_U8,
	[KNAT_A_RULE_ACTION]	= MNL_TYPE_U8,
	[KNAT_A_RULE_POOL]	= MNL_TYPE_NUL_STRING,
	[KNAT_A_RULE_OPTIONS]	= MNL_TYPE_NESTED,
	[KNAT_A_RULE_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_RULE_DPORT_FIRST] = MNL_TYPE_U16,
	[KNAT_A_RULE_DPORT_LAST] = MNL_TYPE_U16,
};

const struct nl_reader rule_reader = { KNAT_A_RULE_MAX, types, print };

static void list(struct words *words)
{
	word_end(words);
	nl_list(nl_request(KNAT_CMD_RULE_GET), &rule_reader);
}

static const struct verb verbs[] = {
	{ "add",
	  "SELECTORS masquerade [ OPTIONS ]\n"
	  "SELECTORS pool NAME\n"
	  "SELECTORS exempt", add },
	{ "del", "SELECTORS [ ACTION ]", del },
	{ "list", "", list },
	{ "show", NULL, list },
	{ }
};

const struct object rule_object = {
	.name		= "rule",
	.meaning	= "which traffic is translated how",
	.terms		=
"SELECTORS: [ prio N ] oif DEV [ src PREFIX ] [ dst PREFIX ]\n"
"           [ proto P [ dport PORT[-PORT] ] ]\n"
OPTIONS_TERMS,
	.verbs		= verbs,
	.plain		= list,
};
