// SPDX-License-Identifier: GPL-2.0
/* natctl session: flows of mappings to remote ends. */
#include "addr.h"
#include "command.h"
#include "filter.h"
#include "nl.h"
#include "out.h"
#include "progress.h"
#include "session.h"

static const char *const states[] = {
	[KNAT_SESSION_NONE]		= "none",
	[KNAT_SESSION_INIT]		= "init",
	[KNAT_SESSION_ESTABLISHED]	= "established",
	[KNAT_SESSION_IN_FIN]		= "in-fin",
	[KNAT_SESSION_OUT_FIN]		= "out-fin",
	[KNAT_SESSION_CLOSING]		= "closing",
	[KNAT_SESSION_TRANS]		= "trans",
	NULL
};

/* --- filters --- */

enum { IN, OUT, REMOTE, PROTO, STATE, ALL };

static const char *const names[] = {
	[IN] = "in", [OUT] = "out", [REMOTE] = "remote", [PROTO] = "proto",
	[STATE] = "state", [ALL] = "all", NULL
};

static void filter_put_one(struct words *words, struct nlmsghdr *nlh, int i)
{
	static const struct {
		int	addr;
		int	port;
	} ends[] = {
		[IN]	 = { KNAT_A_SESSION_IN_ADDR, KNAT_A_SESSION_IN_PORT },
		[OUT]	 = { KNAT_A_SESSION_OUT_ADDR, KNAT_A_SESSION_OUT_PORT },
		[REMOTE] = { KNAT_A_SESSION_REMOTE_ADDR,
			     KNAT_A_SESSION_REMOTE_PORT },
	};
	const char *word;

	switch (i) {
	case PROTO:
		word = word_need(words, "the protocol");
		nl_put_u8(nlh, KNAT_A_SESSION_PROTO, proto_read(word));
		break;
	case STATE:
		word = word_need(words, "the state");
		nl_put_u8(nlh, KNAT_A_SESSION_STATE,
			  word_choose(words, word, "a state", states));
		break;
	case ALL:
		break;
	default:
		filter_put_end(words, nlh, names[i], ends[i].addr,
			       ends[i].port);
	}
}

/* Which filters, by number, were there. */
static uint32_t filter_put(struct words *words, struct nlmsghdr *nlh)
{
	uint32_t given = 0;
	const char *word;
	uint8_t proto;
	int i;

	while ((word = word_next(words))) {
		/* A line of a list begins with the protocol alone. */
		proto = proto_find(word);
		i = proto ? PROTO : word_choose(words, word,
						"a filter of sessions", names);
		word_once(words, &given, i, names[i]);
		if (proto)
			nl_put_u8(nlh, KNAT_A_SESSION_PROTO, proto);
		else
			filter_put_one(words, nlh, i);
	}
	if (given & 1U << ALL && given != 1U << ALL)
		fail_word(words, "\"all\" goes with no other filter");
	return given;
}

/* --- lists --- */

static const char *state_word(uint8_t state)
{
	return state <= KNAT_SESSION_TRANS ? states[state] : "unknown";
}

static void print_end(const char *word, const char *key_addr,
		      const char *key_port, const struct nlattr *addr,
		      const struct nlattr *port)
{
	if (out_json) {
		json_string(key_addr, addr_text(nl_u32(addr)));
		if (port)
			json_number(key_port, nl_u16(port));
		return;
	}
	text("%s %s", word, addr_text(nl_u32(addr)));
	if (port)
		text(":%u", nl_u16(port));
}

bool session_is_whole(const struct nlattr *const *attrs)
{
	return attrs[KNAT_A_SESSION_PROTO] && attrs[KNAT_A_SESSION_IN_ADDR] &&
	       attrs[KNAT_A_SESSION_OUT_ADDR] &&
	       attrs[KNAT_A_SESSION_REMOTE_ADDR] && attrs[KNAT_A_SESSION_STATE];
}

void session_json(const struct nlattr *const *attrs)
{
	json_string("proto", proto_text(nl_u8(attrs[KNAT_A_SESSION_PROTO])));
	print_end("in", "in_addr", "in_port", attrs[KNAT_A_SESSION_IN_ADDR],
		  attrs[KNAT_A_SESSION_IN_PORT]);
	print_end("out", "out_addr", "out_port", attrs[KNAT_A_SESSION_OUT_ADDR],
		  attrs[KNAT_A_SESSION_OUT_PORT]);
	print_end("remote", "remote_addr", "remote_port",
		  attrs[KNAT_A_SESSION_REMOTE_ADDR],
		  attrs[KNAT_A_SESSION_REMOTE_PORT]);
	json_string("state", state_word(nl_u8(attrs[KNAT_A_SESSION_STATE])));
	if (attrs[KNAT_A_SESSION_IDLE])
		json_number("idle", nl_u32(attrs[KNAT_A_SESSION_IDLE]));
	if (attrs[KNAT_A_SESSION_EXPIRES])
		json_number("expires", nl_u32(attrs[KNAT_A_SESSION_EXPIRES]));
}

void session_text(const struct nlattr *const *attrs)
{
	text("%s", proto_text(nl_u8(attrs[KNAT_A_SESSION_PROTO])));
	text_column(5);
	print_end("in", "in_addr", "in_port", attrs[KNAT_A_SESSION_IN_ADDR],
		  attrs[KNAT_A_SESSION_IN_PORT]);
	text_column(30);
	print_end("out", "out_addr", "out_port", attrs[KNAT_A_SESSION_OUT_ADDR],
		  attrs[KNAT_A_SESSION_OUT_PORT]);
	text_column(56);
	print_end("remote", "remote_addr", "remote_port",
		  attrs[KNAT_A_SESSION_REMOTE_ADDR],
		  attrs[KNAT_A_SESSION_REMOTE_PORT]);
	text_column(85);
	text("state %s", state_word(nl_u8(attrs[KNAT_A_SESSION_STATE])));
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!session_is_whole(attrs))
		nl_odd_answer();
	if (out_json) {
		json_object(NULL);
		session_json(attrs);
		json_end();
	} else {
		session_text(attrs);
		text_remark(103);
		text("idle %us expires in %us",
		     nl_u32(attrs[KNAT_A_SESSION_IDLE]),
		     nl_u32(attrs[KNAT_A_SESSION_EXPIRES]));
		text_end();
	}
}

static const uint8_t types[KNAT_A_SESSION_MAX + 1] = {
	[KNAT_A_SESSION_PROTO]		= MNL_TYPE_U8,
	[KNAT_A_SESSION_IN_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_SESSION_IN_PORT]	= MNL_TYPE_U16,
	[KNAT_A_SESSION_OUT_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_SESSION_OUT_PORT]	= MNL_TYPE_U16,
	[KNAT_A_SESSION_REMOTE_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_SESSION_REMOTE_PORT]	= MNL_TYPE_U16,
	[KNAT_A_SESSION_STATE]		= MNL_TYPE_U8,
	[KNAT_A_SESSION_IDLE]		= MNL_TYPE_U32,
	[KNAT_A_SESSION_EXPIRES]	= MNL_TYPE_U32,
	[KNAT_A_SESSION_COUNT]		= MNL_TYPE_U32,
};

const struct nl_reader session_reader = { KNAT_A_SESSION_MAX, types, print };

static void print_sessions(const struct nlmsghdr *nlh,
			   const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!attrs[KNAT_A_SESSION_COUNT])
		nl_odd_answer();
	out_count("sessions", nl_u32(attrs[KNAT_A_SESSION_COUNT]), "session",
		  "");
}

static void print_removed(const struct nlmsghdr *nlh,
			  const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!attrs[KNAT_A_SESSION_COUNT])
		nl_odd_answer();
	out_count("removed", nl_u32(attrs[KNAT_A_SESSION_COUNT]), "session",
		  " removed");
}

/* --- commands --- */

static void list(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_SESSION_GET);

	filter_put(words, nlh);
	nl_list(nlh, &session_reader);
}

static void count(struct words *words)
{
	static const struct nl_reader reader = {
		KNAT_A_SESSION_MAX, types, print_sessions,
	};
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_SESSION_COUNT);

	filter_put(words, nlh);
	nl_get(nlh, &reader);
}

static void del(struct words *words)
{
	static const struct nl_reader reader = {
		KNAT_A_SESSION_MAX, types, print_removed,
	};
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_SESSION_DEL);

	if (!filter_put(words, nlh))
		fail_word(words, "which sessions to delete is missing: a filter or \"all\"");
	progress_begin("deleting sessions", NULL);
	nl_get(nlh, &reader);
	progress_end();
}

static const struct verb verbs[] = {
	{ "list", "[ FILTER ]", list },
	{ "count", "[ FILTER ]", count },
	{ "del", "FILTER | all", del },
	{ "show", NULL, list },
	{ }
};

const struct object session_object = {
	.name		= "session",
	.meaning	= "flows of mappings to remote ends",
	.terms		=
"FILTER: [ in ADDR[:PORT] ] [ out ADDR[:PORT] ] [ remote ADDR[:PORT] ]\n"
"        [ [ proto ] P ] [ state STATE ]\n"
"STATE:  none | init | established | in-fin | out-fin | closing | trans\n",
	.verbs		= verbs,
	.plain		= list,
};
