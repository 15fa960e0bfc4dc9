// SPDX-License-Identifier: GPL-2.0
/* natctl rule: which traffic is translated how. */
#include <stdio.h>
#include <string.h>
#include "natctl.h"

const char rule_help[] =
"Usage: natctl rule add SELECTORS masquerade [ POOL OPTIONS ]\n"
"       natctl rule add SELECTORS pool NAME\n"
"       natctl rule add SELECTORS exempt\n"
"       natctl rule del SELECTORS\n"
"       natctl rule list\n"
"SELECTORS: [ prio N ] oif DEV [ src PREFIX ] [ dst PREFIX ] [ proto P ]\n"
"POOL OPTIONS: see natctl pool help\n";

static const char *const words[] = {
	"prio", "oif", "src", "dst", "proto", "masquerade", "pool", "exempt",
	NULL
};

enum { PRIO, OIF, SRC, DST, PROTO, MASQUERADE, POOL, EXEMPT };

static void put_prefix(struct words *w, struct nlmsghdr *nlh, int attr_addr,
		       int attr_len)
{
	uint32_t addr;
	uint8_t len;

	parse_prefix(w, word_need(w, "a prefix"), &addr, &len);
	put_u32(nlh, attr_addr, addr);
	put_u8(nlh, attr_len, len);
}

static void put_options(struct words *w, struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, KNAT_A_RULE_OPTIONS);
	const char *word;

	while ((word = word_next(w)))
		if (!pool_option(w, word, nlh))
			die_word(w, "\"%s\" is not an option of masquerade",
				 word);
	mnl_attr_nest_end(nlh, nest);
}

static void change(struct words *w, uint8_t cmd)
{
	struct nlmsghdr *nlh = nl_request(cmd, 0);
	bool given[EXEMPT + 1] = { false };
	bool action = false;
	const char *word;
	int i;

	while (!action && (word = word_next(w))) {
		i = word_match(w, word, "a word of a rule", words);
		if (given[i])
			die_word(w, "\"%s\" is there twice", words[i]);
		given[i] = true;
		switch (i) {
		case PRIO:
			put_u32(nlh, KNAT_A_RULE_PRIO,
				parse_u32(w, word_need(w, "a number behind prio"),
					  "priority", 0, UINT32_MAX));
			continue;
		case OIF:
			word = word_need(w, "a device behind oif");
			parse_dev(w, word);
			put_str(nlh, KNAT_A_RULE_OIF, word);
			continue;
		case SRC:
			put_prefix(w, nlh, KNAT_A_RULE_SRC,
				   KNAT_A_RULE_SRC_LEN);
			continue;
		case DST:
			put_prefix(w, nlh, KNAT_A_RULE_DST,
				   KNAT_A_RULE_DST_LEN);
			continue;
		case PROTO:
			put_u8(nlh, KNAT_A_RULE_PROTO,
			       parse_proto(w, word_need(w, "a protocol behind proto")));
			continue;
		}
		action = true;
		put_u8(nlh, KNAT_A_RULE_ACTION, i - MASQUERADE);
		if (i == MASQUERADE) {
			put_options(w, nlh);
		} else if (i == POOL) {
			word = word_need(w, "the name of the pool");
			if (strlen(word) > KNAT_NAME_MAX)
				die_word(w, "\"%s\" is too long for a name: %d characters are allowed",
					 word, KNAT_NAME_MAX);
			put_str(nlh, KNAT_A_RULE_POOL, word);
		}
	}
	word_end(w);
	if (!given[OIF])
		die_word(w, "oif and the outside device are missing");
	if (cmd == KNAT_CMD_RULE_ADD && !action)
		die_word(w, "the action is missing: masquerade, pool or exempt");
	nl_talk(nlh, 0, NULL);
}

static void print_prefix(const char *key, const struct nlattr *addr,
			 const struct nlattr *len)
{
	char text[24];

	if (!addr || !len)
		return;
	snprintf(text, sizeof(text), "%s/%u",
		 addr_text(mnl_attr_get_u32(addr)), mnl_attr_get_u8(len));
	if (json)
		obj_str(key, text);
	else
		printf(" %s %s", key, text);
}

static void print_action(const struct nlattr *const *attrs)
{
	const struct nlattr *opts[KNAT_A_POOL_MAX + 1];
	uint8_t action = mnl_attr_get_u8(attrs[KNAT_A_RULE_ACTION]);
	const char *name = action <= KNAT_ACTION_EXEMPT ?
			   words[MASQUERADE + action] : "unknown";

	if (json)
		obj_str("action", name);
	else
		printf(" %s", name);
	if (attrs[KNAT_A_RULE_POOL]) {
		name = mnl_attr_get_str(attrs[KNAT_A_RULE_POOL]);
		if (json)
			obj_str("pool", name);
		else
			printf(" %s", name);
	}
	if (attrs[KNAT_A_RULE_OPTIONS]) {
		nl_nest(attrs[KNAT_A_RULE_OPTIONS], opts, KNAT_A_POOL_MAX);
		if (json)
			obj_nest("options");
		pool_print_options(opts);
		if (json)
			obj_nest_end();
		if (attrs[KNAT_A_RULE_ADDR])
			name = addr_text(mnl_attr_get_u32(attrs[KNAT_A_RULE_ADDR]));
		else
			name = NULL;
		if (json && name)
			obj_str("address", name);
		else if (!json)
			printf("  # %s", name ? name : "no address");
	}
}

static void print_rule(const struct nlattr *const *attrs)
{
	const char *proto;

	if (!attrs[KNAT_A_RULE_PRIO] || !attrs[KNAT_A_RULE_OIF] ||
	    !attrs[KNAT_A_RULE_ACTION])
		return;
	if (json) {
		obj_begin();
		obj_num("prio", mnl_attr_get_u32(attrs[KNAT_A_RULE_PRIO]));
		obj_str("oif", mnl_attr_get_str(attrs[KNAT_A_RULE_OIF]));
	} else {
		printf("prio %-5u oif %-8s",
		       mnl_attr_get_u32(attrs[KNAT_A_RULE_PRIO]),
		       mnl_attr_get_str(attrs[KNAT_A_RULE_OIF]));
	}
	print_prefix("src", attrs[KNAT_A_RULE_SRC], attrs[KNAT_A_RULE_SRC_LEN]);
	print_prefix("dst", attrs[KNAT_A_RULE_DST], attrs[KNAT_A_RULE_DST_LEN]);
	if (attrs[KNAT_A_RULE_PROTO]) {
		proto = proto_name(mnl_attr_get_u8(attrs[KNAT_A_RULE_PROTO]));
		if (json)
			obj_str("proto", proto);
		else
			printf(" proto %s", proto);
	}
	print_action(attrs);
	if (json)
		obj_end();
	else
		putchar('\n');
}

void rule_command(struct words *w)
{
	static const char *const verbs[] = { "add", "del", "list", "help",
					     NULL };
	const char *word = word_next(w);

	w->help = rule_help;
	switch (word ? word_match(w, word, "a command of rule", verbs) : 2) {
	case 0:
		change(w, KNAT_CMD_RULE_ADD);
		break;
	case 1:
		change(w, KNAT_CMD_RULE_DEL);
		break;
	case 2:
		word_end(w);
		list_begin();
		nl_talk(nl_request(KNAT_CMD_RULE_GET, NLM_F_DUMP),
			KNAT_A_RULE_MAX, print_rule);
		list_end();
		break;
	default:
		printf("%s", rule_help);
	}
}
