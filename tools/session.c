// SPDX-License-Identifier: GPL-2.0
/* natctl session: flows of mappings to remote ends. */
#include <stdio.h>
#include "natctl.h"

const char session_help[] =
"Usage: natctl session list [ FILTER ]\n"
"       natctl session count [ FILTER ]\n"
"       natctl session del FILTER\n"
"FILTER: [ in ADDR[:PORT] ] [ out ADDR[:PORT] ] [ remote ADDR[:PORT] ]\n"
"        [ proto P ] [ state init|established|in-fin|out-fin|closing|trans ]\n";

static const char *const states[] = {
	"none", "init", "established", "in-fin", "out-fin", "closing", "trans",
	NULL
};

/* How many filters there were. */
static int put_filter(struct words *w, struct nlmsghdr *nlh)
{
	static const char *const filters[] = {
		"in", "out", "remote", "proto", "state", NULL
	};
	static const int addr_attr[] = {
		KNAT_A_SESSION_IN_ADDR, KNAT_A_SESSION_OUT_ADDR,
		KNAT_A_SESSION_REMOTE_ADDR,
	};
	static const int port_attr[] = {
		KNAT_A_SESSION_IN_PORT, KNAT_A_SESSION_OUT_PORT,
		KNAT_A_SESSION_REMOTE_PORT,
	};
	const char *word;
	struct ends ends;
	int i, n = 0;

	while ((word = word_next(w))) {
		n++;
		i = word_match(w, word, "a filter", filters);
		if (i == 3) {
			put_u8(nlh, KNAT_A_SESSION_PROTO,
			       parse_proto(w, word_need(w, "a protocol")));
			continue;
		}
		if (i == 4) {
			word = word_need(w, "a state");
			put_u8(nlh, KNAT_A_SESSION_STATE,
			       word_match(w, word, "a state", states));
			continue;
		}
		word = word_need(w, "an address");
		parse_ends(w, word, &ends);
		if (ends.len >= 0 || ends.last != ends.port)
			die_word(w, "\"%s\" must be ADDR or ADDR:PORT", word);
		put_u32(nlh, addr_attr[i], ends.addr);
		if (ends.port)
			put_u16(nlh, port_attr[i], ends.port);
	}
	return n;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static uint16_t u16_of(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u16(attr) : 0;
}

static void print_session(const struct nlattr *const *a)
{
	uint8_t state;

	if (!a[KNAT_A_SESSION_PROTO] || !a[KNAT_A_SESSION_STATE])
		return;
	state = mnl_attr_get_u8(a[KNAT_A_SESSION_STATE]);
	if (state > KNAT_SESSION_TRANS)
		state = KNAT_SESSION_NONE;
	if (json) {
		obj_begin();
		obj_str("proto",
			proto_name(mnl_attr_get_u8(a[KNAT_A_SESSION_PROTO])));
		obj_str("in_addr", addr_text(u32_of(a[KNAT_A_SESSION_IN_ADDR])));
		obj_num("in_port", u16_of(a[KNAT_A_SESSION_IN_PORT]));
		obj_str("out_addr",
			addr_text(u32_of(a[KNAT_A_SESSION_OUT_ADDR])));
		obj_num("out_port", u16_of(a[KNAT_A_SESSION_OUT_PORT]));
		obj_str("remote_addr",
			addr_text(u32_of(a[KNAT_A_SESSION_REMOTE_ADDR])));
		obj_num("remote_port", u16_of(a[KNAT_A_SESSION_REMOTE_PORT]));
		obj_str("state", states[state]);
		obj_num("idle", u32_of(a[KNAT_A_SESSION_IDLE]));
		obj_num("expires", u32_of(a[KNAT_A_SESSION_EXPIRES]));
		obj_end();
		return;
	}
	printf("%-4s in %-21s out %-21s remote %-21s state %-11s  # idle %us expires in %us\n",
	       proto_name(mnl_attr_get_u8(a[KNAT_A_SESSION_PROTO])),
	       ends_text(u32_of(a[KNAT_A_SESSION_IN_ADDR]),
			 u16_of(a[KNAT_A_SESSION_IN_PORT]), 0),
	       ends_text(u32_of(a[KNAT_A_SESSION_OUT_ADDR]),
			 u16_of(a[KNAT_A_SESSION_OUT_PORT]), 0),
	       ends_text(u32_of(a[KNAT_A_SESSION_REMOTE_ADDR]),
			 u16_of(a[KNAT_A_SESSION_REMOTE_PORT]), 0),
	       states[state], u32_of(a[KNAT_A_SESSION_IDLE]),
	       u32_of(a[KNAT_A_SESSION_EXPIRES]));
}

static const char *counted;

static void print_count(const struct nlattr *const *attrs)
{
	uint32_t n = u32_of(attrs[KNAT_A_SESSION_COUNT]);

	if (!attrs[KNAT_A_SESSION_COUNT])
		return;
	if (json) {
		obj_begin();
		obj_num(counted, n);
		obj_end();
	} else {
		printf("%u sessions%s\n", n,
		       counted[0] == 'r' ? " removed" : "");
	}
}

void session_command(struct words *w)
{
	static const char *const verbs[] = { "list", "count", "del", "help",
					     NULL };
	const char *word = word_next(w);
	struct nlmsghdr *nlh;

	w->help = session_help;
	switch (word ? word_match(w, word, "a command of session", verbs) : 0) {
	case 0:
		nlh = nl_request(KNAT_CMD_SESSION_GET, NLM_F_DUMP);
		put_filter(w, nlh);
		list_begin();
		nl_talk(nlh, KNAT_A_SESSION_MAX, print_session);
		list_end();
		break;
	case 1:
		nlh = nl_request(KNAT_CMD_SESSION_COUNT, 0);
		put_filter(w, nlh);
		counted = "sessions";
		list_begin();
		nl_talk(nlh, KNAT_A_SESSION_MAX, print_count);
		list_end();
		break;
	case 2:
		nlh = nl_request(KNAT_CMD_SESSION_DEL, 0);
		if (!put_filter(w, nlh))
			die_word(w, "say which sessions to delete: a filter is missing");
		counted = "removed";
		list_begin();
		nl_talk(nlh, KNAT_A_SESSION_MAX, print_count);
		list_end();
		break;
	default:
		printf("%s", session_help);
	}
}
