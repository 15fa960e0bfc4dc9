// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: what monitor prints. */
#include <stdio.h>
#include <string.h>
#include "decode.h"
#include "harness.h"
#include "knat.h"

/* 2026-11-21T07:30:00.123456Z, and some nanoseconds. */
#define TIME	(1795246200ULL * 1000000000 + 123456789)

#define WHEN	"2026-11-21T07:30:00.123456Z"

static void event(uint8_t cmd)
{
	wire_genl(&reply, FAMILY, 0, cmd);
	wire_u64(&reply, KNAT_A_EVENT_TIME, TIME);
}

static void map_event(uint8_t cmd)
{
	size_t nest;

	event(cmd);
	nest = wire_nest(&reply, KNAT_A_EVENT_MAP);
	wire_u8(&reply, KNAT_A_MAP_KIND, KNAT_MAP_DYNAMIC);
	wire_u8(&reply, KNAT_A_MAP_PROTO, 17);
	wire_addr(&reply, KNAT_A_MAP_OUT_ADDR, "203.0.113.1");
	wire_u16(&reply, KNAT_A_MAP_OUT_PORT, 40058);
	wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	wire_u16(&reply, KNAT_A_MAP_IN_PORT, 5000);
	wire_nest_end(&reply, nest);
}

static void session_event(uint8_t cmd)
{
	size_t nest;

	event(cmd);
	nest = wire_nest(&reply, KNAT_A_EVENT_SESSION);
	wire_u8(&reply, KNAT_A_SESSION_PROTO, 6);
	wire_addr(&reply, KNAT_A_SESSION_IN_ADDR, "192.168.0.2");
	wire_u16(&reply, KNAT_A_SESSION_IN_PORT, 5000);
	wire_addr(&reply, KNAT_A_SESSION_OUT_ADDR, "203.0.113.1");
	wire_u16(&reply, KNAT_A_SESSION_OUT_PORT, 40058);
	wire_addr(&reply, KNAT_A_SESSION_REMOTE_ADDR, "192.0.2.1");
	wire_u16(&reply, KNAT_A_SESSION_REMOTE_PORT, 80);
	wire_u8(&reply, KNAT_A_SESSION_STATE, KNAT_SESSION_ESTABLISHED);
	wire_nest_end(&reply, nest);
}

/* Two datagrams, of three events and two. */
static void all_events(void)
{
	fresh();
	map_event(KNAT_CMD_MAP_NEW_NTF);
	session_event(KNAT_CMD_SESSION_NEW_NTF);
	session_event(KNAT_CMD_SESSION_GONE_NTF);
	wire_u8(&reply, KNAT_A_EVENT_REASON, KNAT_REASON_REMOVED);
	wire_cut(&reply);
	map_event(KNAT_CMD_MAP_GONE_NTF);
	wire_u8(&reply, KNAT_A_EVENT_REASON, KNAT_REASON_EXPIRED);
	event(KNAT_CMD_LIMIT_NTF);
	wire_u8(&reply, KNAT_A_EVENT_LIMIT, KNAT_LIMIT_PORTS);
	wire_u8(&reply, KNAT_A_EVENT_PROTO, 17);
	wire_addr(&reply, KNAT_A_EVENT_IN_ADDR, "192.168.0.2");
}

static void printed(void)
{
	all_events();
	run("monitor");
	is_number(status, 0, "a monitor that is told to end has done its work");
	is_number(sent->joined, 7, "it listened to all groups");
	is_number(sent->requests, 0, "and asked for nothing");
	is(out,
	   WHEN " map new      udp  203.0.113.1:40058     to 192.168.0.2:5000      # dynamic\n"
	   WHEN " session new  tcp  in 192.168.0.2:5000      out 203.0.113.1:40058     remote 192.0.2.1:80          state established\n"
	   WHEN " session gone tcp  in 192.168.0.2:5000      out 203.0.113.1:40058     remote 192.0.2.1:80          state established # removed\n"
	   WHEN " map gone     udp  203.0.113.1:40058     to 192.168.0.2:5000      # dynamic expired\n"
	   WHEN " limit        udp  in 192.168.0.2           limit ports\n",
	   "events as text");
	is(err, "", "without warnings");

	all_events();
	run("-j", "monitor", "all");
	is(out,
	   "{\"event\":\"map_new\",\"time\":\"" WHEN "\",\"kind\":\"dynamic\",\"proto\":\"udp\",\"out_addr\":\"203.0.113.1\",\"out_port\":40058,\"in_addr\":\"192.168.0.2\",\"in_port\":5000}\n"
	   "{\"event\":\"session_new\",\"time\":\"" WHEN "\",\"proto\":\"tcp\",\"in_addr\":\"192.168.0.2\",\"in_port\":5000,\"out_addr\":\"203.0.113.1\",\"out_port\":40058,\"remote_addr\":\"192.0.2.1\",\"remote_port\":80,\"state\":\"established\"}\n"
	   "{\"event\":\"session_gone\",\"time\":\"" WHEN "\",\"proto\":\"tcp\",\"in_addr\":\"192.168.0.2\",\"in_port\":5000,\"out_addr\":\"203.0.113.1\",\"out_port\":40058,\"remote_addr\":\"192.0.2.1\",\"remote_port\":80,\"state\":\"established\",\"reason\":\"removed\"}\n"
	   "{\"event\":\"map_gone\",\"time\":\"" WHEN "\",\"kind\":\"dynamic\",\"proto\":\"udp\",\"out_addr\":\"203.0.113.1\",\"out_port\":40058,\"in_addr\":\"192.168.0.2\",\"in_port\":5000,\"reason\":\"expired\"}\n"
	   "{\"event\":\"limit\",\"time\":\"" WHEN "\",\"limit\":\"ports\",\"proto\":\"udp\",\"in_addr\":\"192.168.0.2\"}\n",
	   "events as JSON, one a line");
}

static void groups(void)
{
	fresh();
	run("monitor", "limits");
	is_number(sent->joined, 1, "only limits are listened to");
	fresh();
	run("mon", "m");
	is_number(sent->joined, 2, "only mappings");
	fresh();
	run("monitor", "sessions");
	is_number(sent->joined, 4, "only sessions");

	fresh();
	run("monitor", "nonsense");
	is_number(status, 1, "nonsense cannot be listened to");
	is_number(sent->joined, 0, "and is not");
}

static void losses(void)
{
	fresh();
	event(KNAT_CMD_LOST_NTF);
	wire_u8(&reply, KNAT_A_EVENT_GROUP, KNAT_GROUP_SESSIONS);
	wire_u32(&reply, KNAT_A_EVENT_LOST, 12);
	wire_cut(&reply);
	map_event(KNAT_CMD_MAP_NEW_NTF);
	overrun_at = 2;
	run("-j", "monitor");
	is(out,
	   "{\"event\":\"lost\",\"time\":\"" WHEN "\",\"group\":\"sessions\",\"lost\":12}\n"
	   "{\"event\":\"lost\"}\n"
	   "{\"event\":\"map_new\",\"time\":\"" WHEN "\",\"kind\":\"dynamic\",\"proto\":\"udp\",\"out_addr\":\"203.0.113.1\",\"out_port\":40058,\"in_addr\":\"192.168.0.2\",\"in_port\":5000}\n",
	   "losses stand in the JSON where they were");
	is(err,
	   "Warning: 12 events of the group sessions were lost in the kernel\n"
	   "Warning: events were lost because they were not read in time\n",
	   "and on standard error");
	is_number(status, 0, "and end nothing");

	overrun_at = 1;
	run("monitor", "mappings");
	ok(!strstr(out, "lost") && strstr(err, "not read in time"),
	   "as text, losses are on standard error alone");
}

static void odd(void)
{
	fresh();
	event(KNAT_CMD_MAP_NEW_NTF);
	run("monitor");
	is_number(status, 2, "an event without its mapping is an error");

	fresh();
	event(250);
	map_event(KNAT_CMD_MAP_NEW_NTF);
	run("monitor");
	is_number(status, 0, "an event of a newer kernel is none");
	ok(!strncmp(out, WHEN " map new ", sizeof(WHEN " map new ") - 1),
	   "and is passed over");
}

void events(void)
{
	printed();
	groups();
	losses();
	odd();
}
