// SPDX-License-Identifier: GPL-2.0
/* natctl lookup: what would become of a packet, and why. */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "addr.h"
#include "command.h"
#include "error.h"
#include "lookup_limit.h"
#include "map_list.h"
#include "nl.h"
#include "options.h"
#include "out.h"
#include "rule.h"
#include "session.h"
#include "stats.h"

static const char *const verdicts[] = {
	[KNAT_VERDICT_PASS]		= "pass",
	[KNAT_VERDICT_TRANSLATE]	= "translate",
	[KNAT_VERDICT_DROP]		= "drop",
};

/* Of an echo request whose id is not said */
#define ECHO_ID	1

/* The packet that was asked for. */
static struct {
	uint8_t		proto;
	struct end	src;
	struct end	dst;
} asked;

/* --- the answer --- */

static bool has_ports(void)
{
	return asked.src.port || asked.dst.port;
}

static void end_json(const char *key_addr, const char *key_port, uint32_t addr,
		     uint16_t port, bool any_addr, bool any_port)
{
	if (!any_addr)
		json_string(key_addr, addr_text(addr));
	if (port && !any_port)
		json_number(key_port, port);
}

/* Parts of the answer: what decides. */
struct parts {
	const struct nlattr	*rule[KNAT_A_RULE_MAX + 1];
	const struct nlattr	*map[KNAT_A_MAP_MAX + 1];
	const struct nlattr	*session[KNAT_A_SESSION_MAX + 1];
};

static void parts_read(const struct nlattr *const *attrs, struct parts *parts)
{
	if (attrs[KNAT_A_LOOKUP_RULE])
		nl_parse_nest(attrs[KNAT_A_LOOKUP_RULE], parts->rule,
			      rule_reader.max, rule_reader.types);
	if (attrs[KNAT_A_LOOKUP_MAP]) {
		nl_parse_nest(attrs[KNAT_A_LOOKUP_MAP], parts->map,
			      map_reader.max, map_reader.types);
		if (!map_is_whole(parts->map))
			nl_odd_answer();
	}
	if (attrs[KNAT_A_LOOKUP_SESSION]) {
		nl_parse_nest(attrs[KNAT_A_LOOKUP_SESSION], parts->session,
			      session_reader.max, session_reader.types);
		if (!session_is_whole(parts->session))
			nl_odd_answer();
	}
}

/* Why knat does not see the packet, or NULL: there is no counter of that. */
static const char *reason;

static bool have_rules;

static void read_rule(const struct nlmsghdr *nlh,
		      const struct nlattr *const *attrs)
{
	(void)nlh;
	(void)attrs;
	have_rules = true;
}

static bool is_local(uint32_t addr)
{
	struct ifaddrs *addrs, *a;
	bool found = false;

	if (getifaddrs(&addrs))
		return false;
	for (a = addrs; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET &&
		    ((struct sockaddr_in *)a->ifa_addr)->sin_addr.s_addr == addr)
			found = true;
	freeifaddrs(addrs);
	return found;
}

static void reason_find(const struct nlattr *const *attrs)
{
	static const uint8_t types[1];
	static const struct nl_reader reader = { 0, types, read_rule };

	reason = NULL;
	if (attrs[KNAT_A_LOOKUP_COUNTER] || attrs[KNAT_A_LOOKUP_IIF] ||
	    nl_u8(attrs[KNAT_A_LOOKUP_VERDICT]) != KNAT_VERDICT_PASS)
		return;
	have_rules = false;
	nl_fetch_list(nl_request(KNAT_CMD_RULE_GET), &reader);
	if (!have_rules)
		reason = "there are no rules";
	else if (attrs[KNAT_A_LOOKUP_OIF])
		reason = "no rule is for this device";
	else if (is_local(asked.dst.addr))
		reason = "it ends here: the destination is an address of this machine";
	else
		reason = "there is no route to the destination";
}

static void print_json(const struct nlattr *const *attrs,
		       const struct parts *parts, const char *counter)
{
	json_object(NULL);
	json_string("verdict", verdicts[nl_u8(attrs[KNAT_A_LOOKUP_VERDICT])]);
	if (counter)
		json_string("counter", counter);
	if (reason)
		json_string("reason", reason);
	lookup_limits_print();
	json_string("proto", proto_text(asked.proto));
	end_json("src_addr", "src_port", nl_u32(attrs[KNAT_A_LOOKUP_SRC]),
		 nl_u16(attrs[KNAT_A_LOOKUP_SRC_PORT]),
		 attrs[KNAT_A_LOOKUP_ANY_ADDR], attrs[KNAT_A_LOOKUP_ANY_PORT]);
	end_json("dst_addr", "dst_port", nl_u32(attrs[KNAT_A_LOOKUP_DST]),
		 nl_u16(attrs[KNAT_A_LOOKUP_DST_PORT]), false, false);
	if (attrs[KNAT_A_LOOKUP_IIF])
		json_string("iif", mnl_attr_get_str(attrs[KNAT_A_LOOKUP_IIF]));
	if (attrs[KNAT_A_LOOKUP_OIF])
		json_string("oif", mnl_attr_get_str(attrs[KNAT_A_LOOKUP_OIF]));
	json_bool("one_to_one", attrs[KNAT_A_LOOKUP_PREFIX]);
	json_bool("new_mapping", attrs[KNAT_A_LOOKUP_NEW_MAP]);
	json_bool("new_session", attrs[KNAT_A_LOOKUP_NEW_SESSION]);
	json_bool("answered_later", attrs[KNAT_A_LOOKUP_HELD]);
	if (attrs[KNAT_A_LOOKUP_RULE])
		rule_print("rule", parts->rule);
	if (attrs[KNAT_A_LOOKUP_MAP]) {
		json_object("mapping");
		map_json(parts->map);
		json_end();
	}
	if (attrs[KNAT_A_LOOKUP_SESSION]) {
		json_object("session");
		session_json(parts->session);
		json_end();
	}
	json_end();
}

static void end_text(uint32_t addr, uint16_t port, bool any_addr, bool any_port)
{
	text("%s", any_addr ? "*" : addr_text(addr));
	if (has_ports() && any_port)
		text(":*");
	else if (has_ports() && port)
		text(":%u", port);
}

static void print_verdict(const struct nlattr *const *attrs)
{
	uint8_t verdict = nl_u8(attrs[KNAT_A_LOOKUP_VERDICT]);

	text("%s", verdicts[verdict]);
	if (verdict == KNAT_VERDICT_TRANSLATE) {
		text("  %s ", proto_text(asked.proto));
		end_text(nl_u32(attrs[KNAT_A_LOOKUP_SRC]),
			 nl_u16(attrs[KNAT_A_LOOKUP_SRC_PORT]),
			 attrs[KNAT_A_LOOKUP_ANY_ADDR],
			 attrs[KNAT_A_LOOKUP_ANY_PORT]);
		text(" > ");
		end_text(nl_u32(attrs[KNAT_A_LOOKUP_DST]),
			 nl_u16(attrs[KNAT_A_LOOKUP_DST_PORT]), false, false);
	}
	if (attrs[KNAT_A_LOOKUP_IIF])
		text(" iif %s", mnl_attr_get_str(attrs[KNAT_A_LOOKUP_IIF]));
	if (attrs[KNAT_A_LOOKUP_OIF])
		text(" oif %s", mnl_attr_get_str(attrs[KNAT_A_LOOKUP_OIF]));
	text_end();
}

static void print_reasons(const struct nlattr *const *attrs,
			  const struct parts *parts, const char *counter)
{
	if (counter) {
		text("counter  %s: %s", counter, counter_meaning(counter));
		text_end();
	} else if (reason) {
		text("reason   %s", reason);
		text_end();
	}
	lookup_limits_print();
	if (attrs[KNAT_A_LOOKUP_RULE]) {
		text("rule     ");
		text_margin();
		rule_print(NULL, parts->rule);
	}
	if (attrs[KNAT_A_LOOKUP_MAP]) {
		text("mapping  ");
		text_margin();
		map_text(parts->map);
		text_end();
	} else if (attrs[KNAT_A_LOOKUP_NEW_MAP]) {
		text("mapping  a new one");
		text_end();
	} else if (attrs[KNAT_A_LOOKUP_PREFIX]) {
		text("mapping  one to one");
		text_end();
	}
	if (attrs[KNAT_A_LOOKUP_SESSION]) {
		text("session  ");
		text_margin();
		session_text(parts->session);
		text_end();
	} else if (attrs[KNAT_A_LOOKUP_NEW_SESSION]) {
		text("session  a new one");
		text_end();
	}
	if (attrs[KNAT_A_LOOKUP_HELD]) {
		text("answer   later, unless the inside connects meanwhile");
		text_end();
	}
}

/* The answer, while the kernel is asked more. */
static struct nlmsghdr *answer;

static void keep(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	if (!attrs[KNAT_A_LOOKUP_VERDICT] || !attrs[KNAT_A_LOOKUP_SRC] ||
	    !attrs[KNAT_A_LOOKUP_DST] ||
	    nl_u8(attrs[KNAT_A_LOOKUP_VERDICT]) > KNAT_VERDICT_DROP)
		nl_odd_answer();
	free(answer);
	answer = malloc(nlh->nlmsg_len);
	if (!answer)
		fail("there is no memory for the answer");
	memcpy(answer, nlh, nlh->nlmsg_len);
}

static void print(const struct nlattr *const *attrs)
{
	const char *counter = NULL;
	struct parts parts = { 0 };
	const struct nlattr *in;
	int nr = -1;

	if (attrs[KNAT_A_LOOKUP_COUNTER]) {
		counter = counter_name(nl_u8(attrs[KNAT_A_LOOKUP_COUNTER]));
		nr = nl_u8(attrs[KNAT_A_LOOKUP_COUNTER]) - 1;
	}
	parts_read(attrs, &parts);
	in = parts.map[KNAT_A_MAP_IN_ADDR];
	lookup_limits_fetch(nr, in ? nl_u32(in) : asked.src.addr, parts.rule,
			    parts.map);
	reason_find(attrs);
	out_begin();
	if (out_json) {
		print_json(attrs, &parts, counter);
	} else {
		print_verdict(attrs);
		print_reasons(attrs, &parts, counter);
	}
	out_end();
}

/* --- the question --- */

static void end_put(struct words *words, struct nlmsghdr *nlh, const char *what,
		    struct end *end, int attr, int attr_port)
{
	const char *word = word_need(words, what);

	end_read(word, end);
	if (end->len >= 0 || end->last != end->port)
		fail_usage("%s is more than one end: it must be ADDR or ADDR:PORT",
			   said(word));
	nl_put_u32(nlh, attr, end->addr);
	if (end->port)
		nl_put_u16(nlh, attr_port, end->port);
}

static void ports_check(void)
{
	const char *proto = proto_text(asked.proto);

	if (asked.proto == IPPROTO_ICMP)
		return;
	if (proto_has_ports(asked.proto) && !(asked.src.port && asked.dst.port))
		fail_usage("a packet of %s has ports: source and destination must be ADDR:PORT",
			   proto);
	if (!proto_has_ports(asked.proto) && has_ports())
		fail_usage("a packet of %s has no ports: source and destination must be ADDR",
			   proto);
}

static void lookup(struct words *words)
{
	static const uint8_t types[KNAT_A_LOOKUP_MAX + 1] = {
		[KNAT_A_LOOKUP_SRC]		= MNL_TYPE_U32,
		[KNAT_A_LOOKUP_SRC_PORT]	= MNL_TYPE_U16,
		[KNAT_A_LOOKUP_DST]		= MNL_TYPE_U32,
		[KNAT_A_LOOKUP_DST_PORT]	= MNL_TYPE_U16,
		[KNAT_A_LOOKUP_IIF]		= MNL_TYPE_NUL_STRING,
		[KNAT_A_LOOKUP_OIF]		= MNL_TYPE_NUL_STRING,
		[KNAT_A_LOOKUP_VERDICT]		= MNL_TYPE_U8,
		[KNAT_A_LOOKUP_COUNTER]		= MNL_TYPE_U8,
		[KNAT_A_LOOKUP_RULE]		= MNL_TYPE_NESTED,
		[KNAT_A_LOOKUP_MAP]		= MNL_TYPE_NESTED,
		[KNAT_A_LOOKUP_SESSION]		= MNL_TYPE_NESTED,
		[KNAT_A_LOOKUP_PREFIX]		= MNL_TYPE_FLAG,
		[KNAT_A_LOOKUP_NEW_MAP]		= MNL_TYPE_FLAG,
		[KNAT_A_LOOKUP_NEW_SESSION]	= MNL_TYPE_FLAG,
		[KNAT_A_LOOKUP_ANY_ADDR]	= MNL_TYPE_FLAG,
		[KNAT_A_LOOKUP_ANY_PORT]	= MNL_TYPE_FLAG,
		[KNAT_A_LOOKUP_HELD]		= MNL_TYPE_FLAG,
	};
	static const struct nl_reader reader = { KNAT_A_LOOKUP_MAX, types, keep };
	const struct nlattr *attrs[KNAT_A_LOOKUP_MAX + 1];
	static const char *const devices[] = { "iif", "oif", NULL };
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_LOOKUP);
	uint32_t given = 0;
	const char *word;
	int i;

	asked.proto = proto_read(word_need(words, "the protocol"));
	nl_put_u8(nlh, KNAT_A_LOOKUP_PROTO, asked.proto);
	end_put(words, nlh, "the source", &asked.src, KNAT_A_LOOKUP_SRC,
		KNAT_A_LOOKUP_SRC_PORT);
	end_put(words, nlh, "the destination", &asked.dst, KNAT_A_LOOKUP_DST,
		KNAT_A_LOOKUP_DST_PORT);
	ports_check();
	/* An echo request has an id, and zero would be an odd one. */
	if (asked.proto == IPPROTO_ICMP && !asked.src.port) {
		asked.src.port = ECHO_ID;
		nl_put_u16(nlh, KNAT_A_LOOKUP_SRC_PORT, ECHO_ID);
	}
	while ((word = word_next(words))) {
		i = word_choose(words, word, "a word of lookup", devices);
		word_once(words, &given, i, devices[i]);
		word = word_need(words, "the device");
		device_check(word);
		nl_put_string(nlh, i ? KNAT_A_LOOKUP_OIF : KNAT_A_LOOKUP_IIF,
			      word);
	}
	nl_check_collected();
	nl_fetch(nlh, &reader);
	if (!answer)
		nl_odd_answer();
	nl_parse(answer, attrs, &reader);
	print(attrs);
	free(answer);
	answer = NULL;
}

static const struct verb verbs[] = {
	{ "", "PROTO SRC[:PORT] DST[:PORT] [ iif DEV ] [ oif DEV ]", lookup },
	{ }
};

const struct object lookup_object = {
	.name		= "lookup",
	.meaning	= "what would become of a packet, and why",
	.verbs		= verbs,
	.plain		= lookup,
};
