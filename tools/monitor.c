// SPDX-License-Identifier: GPL-2.0
/* natctl monitor: what happens, when it happens. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "addr.h"
#include "command.h"
#include "map_list.h"
#include "nl.h"
#include "out.h"
#include "session.h"

#define EVERYTHING	((1U << __KNAT_GROUP_MAX) - 1)

static const char *const limits[] = {
	[KNAT_LIMIT_MAPPINGS]	= "mappings",
	[KNAT_LIMIT_SESSIONS]	= "sessions",
	[KNAT_LIMIT_SUBSCRIBER]	= "subscriber",
	[KNAT_LIMIT_PORTS]	= "ports",
};

#define NAME(NAME, name)	#name,
static const char *const groups[] = { KNAT_GROUPS(NAME) };

/* Of a newer kernel there may be more. */
#define word_of(words, nr)						\
	((nr) < sizeof(words) / sizeof((words)[0]) ? (words)[nr] : "unknown")

/* RFC 3339, with microseconds. */
static const char *time_text(uint64_t time)
{
	time_t seconds = time / 1000000000;
	static char text[64];
	struct tm tm;
	size_t n;

	if (!gmtime_r(&seconds, &tm))
		nl_odd_answer();
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%06uZ",
		 (unsigned int)(time % 1000000000 / 1000));
	return text;
}

/* The beginning of each line and object; columns are those of lists. */
static void begin(const char *event, const char *key,
		  const struct nlattr *const *attrs)
{
	const char *time = time_text(nl_u64(attrs[KNAT_A_EVENT_TIME]));

	out_alone();
	if (out_json) {
		json_object(NULL);
		json_string("event", key);
		json_string("time", time);
		return;
	}
	text("%s %-12s ", time, event);
	text_margin();
}

static void end(void)
{
	if (out_json)
		json_end();
	else
		text_end();
	out_alone_end();
}

/* Why something is gone, behind the rest. */
static void put_reason(const struct nlattr *reason)
{
	const char *word = nl_u8(reason) == KNAT_REASON_EXPIRED ? "expired" :
			   nl_u8(reason) == KNAT_REASON_REMOVED ? "removed" :
			   "unknown";

	if (!reason)
		return;
	if (out_json)
		json_string("reason", word);
	else
		text(" %s", word);
}

static void put_map(const struct nlattr *const *event, const char *what,
		    const char *key)
{
	const struct nlattr *attrs[KNAT_A_MAP_MAX + 1];

	if (!event[KNAT_A_EVENT_MAP])
		nl_odd_answer();
	nl_parse_nest(event[KNAT_A_EVENT_MAP], attrs, KNAT_A_MAP_MAX,
		      map_reader.types);
	if (!map_is_whole(attrs))
		nl_odd_answer();
	begin(what, key, event);
	if (out_json)
		map_json(attrs);
	else
		map_text(attrs);
	put_reason(event[KNAT_A_EVENT_REASON]);
	end();
}

static void put_session(const struct nlattr *const *event, const char *what,
			const char *key)
{
	const struct nlattr *attrs[KNAT_A_SESSION_MAX + 1];

	if (!event[KNAT_A_EVENT_SESSION])
		nl_odd_answer();
	nl_parse_nest(event[KNAT_A_EVENT_SESSION], attrs, KNAT_A_SESSION_MAX,
		      session_reader.types);
	if (!session_is_whole(attrs))
		nl_odd_answer();
	begin(what, key, event);
	if (out_json)
		session_json(attrs);
	else
		session_text(attrs);
	if (!out_json && event[KNAT_A_EVENT_REASON]) {
		text_column(103);
		text("#");
	}
	put_reason(event[KNAT_A_EVENT_REASON]);
	end();
}

static void put_limit(const struct nlattr *const *event)
{
	const char *limit = word_of(limits, nl_u8(event[KNAT_A_EVENT_LIMIT]));
	const char *proto = proto_text(nl_u8(event[KNAT_A_EVENT_PROTO]));
	const char *addr = addr_text(nl_u32(event[KNAT_A_EVENT_IN_ADDR]));

	if (!event[KNAT_A_EVENT_LIMIT] || !event[KNAT_A_EVENT_PROTO] ||
	    !event[KNAT_A_EVENT_IN_ADDR])
		nl_odd_answer();
	begin("limit", "limit", event);
	if (out_json) {
		json_string("limit", limit);
		json_string("proto", proto);
		json_string("in_addr", addr);
	} else {
		text("%s", proto);
		text_column(5);
		text("in %s", addr);
		text_column(30);
		text("limit %s", limit);
	}
	end();
}

static void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void warn(const char *fmt, ...)
{
	va_list ap;

	/* What came before it stands before it. */
	out_flush();
	fputs("Warning: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* The kernel had no room for so many. */
static void put_lost(const struct nlattr *const *event)
{
	const char *group = word_of(groups, nl_u8(event[KNAT_A_EVENT_GROUP]));
	uint32_t lost = nl_u32(event[KNAT_A_EVENT_LOST]);

	if (!event[KNAT_A_EVENT_GROUP] || !event[KNAT_A_EVENT_LOST])
		nl_odd_answer();
	if (out_json) {
		begin(NULL, "lost", event);
		json_string("group", group);
		json_number("lost", lost);
		end();
	}
	warn("%u events of the group %s were lost in the kernel", lost, group);
}

/* We were too slow: nobody knows how many there were. */
static void put_overrun(void)
{
	if (out_json) {
		out_alone();
		json_object(NULL);
		json_string("event", "lost");
		end();
	}
	warn("events were lost because they were not read in time");
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	switch (genl->cmd) {
	case KNAT_CMD_MAP_NEW_NTF:
		put_map(attrs, "map new", "map_new");
		break;
	case KNAT_CMD_MAP_GONE_NTF:
		put_map(attrs, "map gone", "map_gone");
		break;
	case KNAT_CMD_SESSION_NEW_NTF:
		put_session(attrs, "session new", "session_new");
		break;
	case KNAT_CMD_SESSION_GONE_NTF:
		put_session(attrs, "session gone", "session_gone");
		break;
	case KNAT_CMD_LIMIT_NTF:
		put_limit(attrs);
		break;
	case KNAT_CMD_LOST_NTF:
		put_lost(attrs);
		break;
	}
}

static void listen_to(struct words *words, uint32_t which)
{
	static const uint8_t types[KNAT_A_EVENT_MAX + 1] = {
		[KNAT_A_EVENT_TIME]	= MNL_TYPE_U64,
		[KNAT_A_EVENT_MAP]	= MNL_TYPE_NESTED,
		[KNAT_A_EVENT_SESSION]	= MNL_TYPE_NESTED,
		[KNAT_A_EVENT_REASON]	= MNL_TYPE_U8,
		[KNAT_A_EVENT_LIMIT]	= MNL_TYPE_U8,
		[KNAT_A_EVENT_PROTO]	= MNL_TYPE_U8,
		[KNAT_A_EVENT_IN_ADDR]	= MNL_TYPE_U32,
		[KNAT_A_EVENT_GROUP]	= MNL_TYPE_U8,
		[KNAT_A_EVENT_LOST]	= MNL_TYPE_U32,
	};
	static const struct nl_reader reader = {
		KNAT_A_EVENT_MAX, types, print,
	};

	word_end(words);
	nl_listen(which, &reader, put_overrun);
}

static void mappings(struct words *words)
{
	listen_to(words, 1U << KNAT_GROUP_MAPPINGS);
}

static void sessions(struct words *words)
{
	listen_to(words, 1U << KNAT_GROUP_SESSIONS);
}

static void limits_hit(struct words *words)
{
	listen_to(words, 1U << KNAT_GROUP_LIMITS);
}

static void all(struct words *words)
{
	listen_to(words, EVERYTHING);
}

static const struct verb verbs[] = {
	{ "all", "", all },
	{ "mappings", "", mappings },
	{ "sessions", "", sessions },
	{ "limits", "", limits_hit },
	{ }
};

const struct object monitor_object = {
	.name		= "monitor",
	.meaning	= "what happens, until interrupted",
	.verbs		= verbs,
	.plain		= all,
};
