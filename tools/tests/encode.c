// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: what is sent for which words. */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include "decode.h"
#include "harness.h"
#include "knat.h"

#define DO	(NLM_F_REQUEST | NLM_F_ACK)
#define DUMP	(NLM_F_REQUEST | NLM_F_DUMP)

static struct wire want;

/* A new test: this request is expected. */
static void expect(uint8_t cmd, uint16_t flags)
{
	fresh();
	wire_clear(&want);
	wire_genl(&want, FAMILY, flags, cmd);
}

static void range(const char *first, const char *last)
{
	size_t nest = wire_nest(&want, KNAT_A_POOL_RANGE);

	wire_addr(&want, KNAT_A_RANGE_FIRST, first);
	wire_addr(&want, KNAT_A_RANGE_LAST, last);
	wire_nest_end(&want, nest);
}

static void prefix(int attr, const char *addr, int attr_len, uint8_t len)
{
	wire_addr(&want, attr, addr);
	wire_u8(&want, attr_len, len);
}

/* --- pools --- */

static void pools(void)
{
	expect(KNAT_CMD_POOL_ADD, DO);
	wire_string(&want, KNAT_A_POOL_NAME, "p");
	range("198.51.100.1", "198.51.100.1");
	run("pool", "add", "p", "addr", "198.51.100.1");
	is_sent(&want, "a pool of one address");
	is_number(status, 0, "is done");
	is(out, "", "without a word");
	is_number(sent->lookups, 1, "the family is looked up");

	expect(KNAT_CMD_POOL_ADD, DO);
	wire_string(&want, KNAT_A_POOL_NAME, "cgn");
	range("198.51.100.0", "198.51.100.255");
	range("192.0.2.7", "192.0.2.9");
	wire_u16(&want, KNAT_A_POOL_PORT_FIRST, 2000);
	wire_u16(&want, KNAT_A_POOL_PORT_LAST, 3000);
	wire_u8(&want, KNAT_A_POOL_MAPPING, KNAT_MAPPING_APDM);
	wire_u8(&want, KNAT_A_POOL_FILTERING, KNAT_FILTERING_ADF);
	wire_u8(&want, KNAT_A_POOL_ALLOC, KNAT_ALLOC_SEQUENTIAL);
	wire_u8(&want, KNAT_A_POOL_PAIRING, KNAT_PAIRING_ARBITRARY);
	wire_u8(&want, KNAT_A_POOL_PARITY, KNAT_PARITY_PAIRS);
	wire_u32(&want, KNAT_A_POOL_LIMIT, 4294967295);
	wire_u32(&want, KNAT_A_POOL_SESSIONS, 5);
	wire_u32(&want, KNAT_A_POOL_RATE, 6);
	wire_u32(&want, KNAT_A_POOL_SESSION_RATE, 7);
	wire_u8(&want, KNAT_A_POOL_HAIRPIN, 0);
	wire_u16(&want, KNAT_A_POOL_MSS_CLAMP, 1300);
	run("pool", "add", "cgn", "addr",
	    "198.51.100.0/24,192.0.2.7-192.0.2.9", "ports", "2000-3000",
	    "mapping", "apdm", "filtering", "adf", "alloc", "sequential",
	    "pairing", "arbitrary", "parity", "pairs",
	    "limit", "4294967295", "sessions", "5", "rate", "6",
	    "session-rate", "7", "hairpin", "off",
	    "mss-clamp", "1300");
	is_sent(&want, "a pool with all options");

	run("po", "a", "cgn", "ad",
	    "198.51.100.0/24,192.0.2.7-192.0.2.9", "po", "2000-3000",
	    "m", "ap", "f", "adf", "al", "s", "pai", "a", "par", "p", "l", "4294967295",
	    "sessions", "5", "r", "6", "session-", "7", "h", "of", "ms", "1300");
	is_number(status, 1, "\"m\" may be mapping or mss-clamp");
	run("po", "a", "cgn", "ad",
	    "198.51.100.0/24,192.0.2.7-192.0.2.9", "po", "2000-3000",
	    "ma", "ap", "f", "adf", "al", "s", "pai", "a", "par", "p", "l", "4294967295",
	    "sessions", "5", "r", "6", "session-", "7", "h", "of", "ms", "1300");
	is_sent(&want, "the same, shortened");

	expect(KNAT_CMD_POOL_SET, DO);
	wire_string(&want, KNAT_A_POOL_NAME, "p");
	wire_u16(&want, KNAT_A_POOL_MSS_CLAMP, KNAT_MSS_CLAMP_PMTU);
	wire_u8(&want, KNAT_A_POOL_HAIRPIN, 1);
	range("192.0.2.0", "192.0.2.1");
	run("pool", "set", "p", "mss-clamp", "pmtu", "hairpin", "on", "addr",
	    "192.0.2.0/31");
	is_sent(&want, "a pool is changed");

	expect(KNAT_CMD_POOL_SET, DO);
	wire_string(&want, KNAT_A_POOL_NAME, "p");
	wire_u16(&want, KNAT_A_POOL_MSS_CLAMP, KNAT_MSS_CLAMP_OFF);
	run("pool", "set", "p", "mss-clamp", "off");
	is_sent(&want, "clamping is turned off");

	expect(KNAT_CMD_POOL_DEL, DO);
	wire_string(&want, KNAT_A_POOL_NAME,
		    "1234567890123456789012345678901");
	run("pool", "del", "1234567890123456789012345678901");
	is_sent(&want, "a pool is deleted");

	expect(KNAT_CMD_POOL_GET, DUMP);
	wire_done(&reply, 0, NULL);
	run("pool", "list");
	is_sent(&want, "pools are listed");
	run("pool");
	is_sent(&want, "also without a verb");
	run("pool", "show");
	is_sent(&want, "and with the other name of list");
}

/* A pool with many ranges fits, and one with too many is refused. */
static void many_ranges(void)
{
	static char list[200000];
	char *to = list;
	int i;

	fresh();
	for (i = 0; i < 9000; i++)
		to += sprintf(to, "%s10.0.%d.%d", i ? "," : "", i / 250, i % 250);
	run("pool", "add", "p", "addr", list);
	is_number(status, 0, "9000 ranges are sent");
	ok(sent->len > 9000 * 20, "all of them");

	for (; i < 12000; i++)
		to += sprintf(to, ",10.0.%d.%d", i / 250, i % 250);
	run("pool", "add", "p", "addr", list);
	is_number(status, 1, "12000 are refused");
	is(err, "Error: the command is too long for one request\n",
	   "with the reason");
	is_number(sent->requests, 0, "and not sent");
}

/* --- rules --- */

static void rules(void)
{
	size_t nest;

	expect(KNAT_CMD_RULE_ADD, DO);
	wire_string(&want, KNAT_A_RULE_OIF, "eth0");
	prefix(KNAT_A_RULE_SRC, "192.168.0.0", KNAT_A_RULE_SRC_LEN, 16);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_MASQUERADE);
	run("rule", "add", "oif", "eth0", "src", "192.168.0.0/16", "masquerade");
	is_sent(&want, "a masquerade rule");
	run("r", "a", "o", "eth0", "s", "192.168.0.0/16", "m");
	is_sent(&want, "the same, shortened");

	expect(KNAT_CMD_RULE_ADD, DO);
	wire_u32(&want, KNAT_A_RULE_PRIO, 7);
	wire_string(&want, KNAT_A_RULE_OIF, "a23456789012345");
	prefix(KNAT_A_RULE_SRC, "10.1.2.3", KNAT_A_RULE_SRC_LEN, 32);
	prefix(KNAT_A_RULE_DST, "0.0.0.0", KNAT_A_RULE_DST_LEN, 0);
	wire_u8(&want, KNAT_A_RULE_PROTO, 136);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_MASQUERADE);
	nest = wire_nest(&want, KNAT_A_RULE_OPTIONS);
	wire_u16(&want, KNAT_A_POOL_PORT_FIRST, 1);
	wire_u16(&want, KNAT_A_POOL_PORT_LAST, 65535);
	wire_u8(&want, KNAT_A_POOL_FILTERING, KNAT_FILTERING_EIF);
	wire_nest_end(&want, nest);
	run("rule", "add", "prio", "7", "oif", "a23456789012345", "src",
	    "10.1.2.3", "dst", "0.0.0.0/0", "proto", "udplite", "masquerade",
	    "ports", "1-65535", "filtering", "eif");
	is_sent(&want, "a masquerade rule with selectors and options");

	expect(KNAT_CMD_RULE_ADD, DO);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	wire_u8(&want, KNAT_A_RULE_PROTO, 103);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_POOL);
	wire_string(&want, KNAT_A_RULE_POOL, "cgn");
	run("rule", "add", "oif", "wan", "proto", "103", "pool", "cgn");
	is_sent(&want, "a rule with a pool");

	expect(KNAT_CMD_RULE_ADD, DO);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	wire_u8(&want, KNAT_A_RULE_PROTO, 6);
	wire_u16(&want, KNAT_A_RULE_DPORT_FIRST, 80);
	wire_u16(&want, KNAT_A_RULE_DPORT_LAST, 80);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_EXEMPT);
	run("rule", "add", "oif", "wan", "proto", "tcp", "dport", "80", "exempt");
	is_sent(&want, "an exempt rule for a destination port");

	expect(KNAT_CMD_RULE_ADD, DO);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	wire_u16(&want, KNAT_A_RULE_DPORT_FIRST, 1);
	wire_u16(&want, KNAT_A_RULE_DPORT_LAST, 65535);
	wire_u8(&want, KNAT_A_RULE_PROTO, 17);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_MASQUERADE);
	run("rule", "add", "oif", "wan", "dport", "1-65535", "proto", "udp",
	    "masquerade");
	is_sent(&want, "a rule for a range of destination ports");

	expect(KNAT_CMD_RULE_ADD, DO);
	prefix(KNAT_A_RULE_DST, "192.0.2.0", KNAT_A_RULE_DST_LEN, 24);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_EXEMPT);
	run("rule", "add", "dst", "192.0.2.0/24", "oif", "wan", "exempt");
	is_sent(&want, "an exempt rule, with selectors in another order");

	expect(KNAT_CMD_RULE_DEL, DO);
	wire_u32(&want, KNAT_A_RULE_PRIO, 4294967295);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	run("rule", "del", "prio", "4294967295", "oif", "wan");
	is_sent(&want, "a rule is deleted by its selectors");

	expect(KNAT_CMD_RULE_DEL, DO);
	wire_string(&want, KNAT_A_RULE_OIF, "wan");
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_POOL);
	wire_string(&want, KNAT_A_RULE_POOL, "cgn");
	run("rule", "del", "oif", "wan", "pool", "cgn");
	is_sent(&want, "a rule is deleted by all its words");

	expect(KNAT_CMD_RULE_GET, DUMP);
	wire_done(&reply, 0, NULL);
	run("rule", "list");
	is_sent(&want, "rules are listed");
}

/* --- mappings --- */

static void map_ports(uint8_t cmd, uint8_t proto, const char *addr,
		      uint16_t first, uint16_t last)
{
	expect(cmd, DO);
	wire_u8(&want, KNAT_A_MAP_PROTO, proto);
	if (addr)
		wire_addr(&want, KNAT_A_MAP_OUT_ADDR, addr);
	else
		wire_string(&want, KNAT_A_MAP_OUT_DEV, "wan");
	wire_u16(&want, KNAT_A_MAP_OUT_PORT, first);
	if (last != first)
		wire_u16(&want, KNAT_A_MAP_OUT_PORT_LAST, last);
}

static void inside(const char *addr, uint16_t first, uint16_t last)
{
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, addr);
	wire_u16(&want, KNAT_A_MAP_IN_PORT, first);
	if (last != first)
		wire_u16(&want, KNAT_A_MAP_IN_PORT_LAST, last);
}

static void maps_added(void)
{
	map_ports(KNAT_CMD_MAP_ADD, 6, "203.0.113.1", 8000, 8000);
	inside("192.168.0.2", 80, 80);
	run("map", "add", "tcp", "203.0.113.1:8000", "to", "192.168.0.2:80");
	is_sent(&want, "a port forward");
	run("ma", "a", "tcp", "203.0.113.1:8000", "t", "192.168.0.2:80", "#",
	    "static");
	is_sent(&want, "the same, shortened, with a remark");

	map_ports(KNAT_CMD_MAP_ADD, 17, "203.0.113.1", 9000, 9010);
	inside("192.168.0.3", 9000, 9010);
	run("map", "add", "udp", "203.0.113.1:9000-9010", "to", "192.168.0.3");
	is_sent(&want, "a range to the same ports");

	map_ports(KNAT_CMD_MAP_ADD, 17, "203.0.113.1", 9000, 9010);
	inside("192.168.0.3", 7000, 7010);
	wire_u32(&want, KNAT_A_MAP_LIFETIME, 60);
	wire_string(&want, KNAT_A_MAP_LABEL, "two words, \"one\" label");
	run("map", "add", "udp", "203.0.113.1:9000-9010", "to",
	    "192.168.0.3:7000-7010", "lifetime", "60", "label",
	    "two words, \"one\" label");
	is_sent(&want, "a range with lifetime and label");

	map_ports(KNAT_CMD_MAP_ADD, 6, NULL, 443, 443);
	inside("192.168.0.3", 443, 443);
	run("map", "add", "tcp", "dev", "wan:443", "to", "192.168.0.3:443");
	is_sent(&want, "a port of a device");

	map_ports(KNAT_CMD_MAP_ADD, 6, NULL, 1, 65535);
	inside("192.168.0.3", 1, 65535);
	run("map", "add", "tcp", "d", "wan:1-65535", "to", "192.168.0.3");
	is_sent(&want, "all ports of a device");

	/* The kernel has the last word on which protocols have ports. */
	map_ports(KNAT_CMD_MAP_ADD, 47, "203.0.113.1", 80, 80);
	inside("192.168.0.2", 80, 80);
	run("map", "add", "gre", "203.0.113.1:80", "to", "192.168.0.2:80");
	is_sent(&want, "any protocol");

	expect(KNAT_CMD_MAP_ADD, DO);
	wire_u8(&want, KNAT_A_MAP_PROTO, 47);
	wire_addr(&want, KNAT_A_MAP_OUT_ADDR, "203.0.113.1");
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	run("map", "add", "gre", "203.0.113.1", "to", "192.168.0.2");
	is_sent(&want, "a protocol without ports");

	map_ports(KNAT_CMD_MAP_SET, 6, NULL, 443, 443);
	wire_string(&want, KNAT_A_MAP_LABEL, "");
	wire_u32(&want, KNAT_A_MAP_LIFETIME, 60);
	run("map", "set", "tcp", "dev", "wan:443", "label", "", "lifetime",
	    "60");
	is_sent(&want, "a label that goes and a lifetime");

	expect(KNAT_CMD_MAP_DEL, DO);
	wire_u8(&want, KNAT_A_MAP_PROTO, 50);
	wire_string(&want, KNAT_A_MAP_OUT_DEV, "wan");
	run("map", "del", "esp", "dev", "wan");
	is_sent(&want, "and of a device");

	expect(KNAT_CMD_MAP_ADD, DO);
	prefix(KNAT_A_MAP_OUT_ADDR, "203.0.113.2", KNAT_A_MAP_OUT_LEN, 32);
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	wire_string(&want, KNAT_A_MAP_LABEL, "#1");
	run("map", "add", "203.0.113.2", "to", "192.168.0.2", "label", "#1");
	is_sent(&want, "one to one");

	expect(KNAT_CMD_MAP_ADD, DO);
	prefix(KNAT_A_MAP_OUT_ADDR, "203.0.113.0", KNAT_A_MAP_OUT_LEN, 24);
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.0");
	run("map", "add", "203.0.113.0/24", "to", "192.168.0.0/24");
	is_sent(&want, "prefix to prefix");

	expect(KNAT_CMD_MAP_ADD, DO);
	prefix(KNAT_A_MAP_OUT_ADDR, "203.0.113.9", KNAT_A_MAP_OUT_LEN, 32);
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.9");
	run("map", "add", "203.0.113.9/32", "to", "192.168.0.9");
	is_sent(&want, "an address is a prefix of 32 bits");
}

static void maps_deleted(void)
{
	map_ports(KNAT_CMD_MAP_DEL, 1, "203.0.113.1", 4711, 4711);
	run("map", "del", "icmp", "203.0.113.1:4711");
	is_sent(&want, "a mapping is deleted by its port");

	map_ports(KNAT_CMD_MAP_DEL, 17, NULL, 10, 20);
	run("map", "del", "udp", "dev", "wan:10-20");
	is_sent(&want, "and by ports of a device");

	expect(KNAT_CMD_MAP_DEL, DO);
	prefix(KNAT_A_MAP_OUT_ADDR, "203.0.113.0", KNAT_A_MAP_OUT_LEN, 28);
	run("map", "del", "203.0.113.0/28");
	is_sent(&want, "and by the prefix");
}

static void maps_filtered(void)
{
	expect(KNAT_CMD_MAP_GET, DUMP);
	wire_done(&reply, 0, NULL);
	run("map", "list");
	is_sent(&want, "all mappings are listed");

	expect(KNAT_CMD_MAP_GET, DUMP);
	wire_done(&reply, 0, NULL);
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	wire_u16(&want, KNAT_A_MAP_IN_PORT, 5000);
	wire_addr(&want, KNAT_A_MAP_OUT_ADDR, "203.0.113.1");
	wire_u8(&want, KNAT_A_MAP_PROTO, 17);
	wire_u8(&want, KNAT_A_MAP_KIND, KNAT_MAP_DYNAMIC);
	wire_string(&want, KNAT_A_MAP_POOL, "p");
	run("map", "list", "in", "192.168.0.2:5000", "out", "203.0.113.1",
	    "proto", "udp", "dynamic", "pool", "p");
	is_sent(&want, "mappings are listed with filters");

	expect(KNAT_CMD_MAP_FLUSH, DO);
	wire_u32(&want, KNAT_A_MAP_COUNT, 0);
	wire_clear(&want);
	wire_genl(&want, FAMILY, DO, KNAT_CMD_MAP_FLUSH);
	run("map", "flush");
	is_sent(&want, "the kernel knows what is flushed without filters");

	expect(KNAT_CMD_MAP_FLUSH, DO);
	wire_u8(&want, KNAT_A_MAP_KIND, KNAT_MAP_STATIC);
	run("map", "flush", "static");
	is_sent(&want, "static mappings are flushed");

	expect(KNAT_CMD_MAP_FLUSH, DO);
	wire_addr(&want, KNAT_A_MAP_OUT_ADDR, "203.0.113.1");
	wire_u16(&want, KNAT_A_MAP_OUT_PORT, 65535);
	wire_u8(&want, KNAT_A_MAP_KIND, KNAT_MAP_ALL);
	run("map", "flush", "out", "203.0.113.1:65535", "all");
	is_sent(&want, "all mappings of an outside port are flushed");
}

/* --- sessions, counters, settings --- */

static void sessions(void)
{
	expect(KNAT_CMD_SESSION_GET, DUMP);
	wire_done(&reply, 0, NULL);
	wire_addr(&want, KNAT_A_SESSION_IN_ADDR, "192.168.0.2");
	wire_addr(&want, KNAT_A_SESSION_OUT_ADDR, "203.0.113.1");
	wire_u16(&want, KNAT_A_SESSION_OUT_PORT, 1024);
	wire_addr(&want, KNAT_A_SESSION_REMOTE_ADDR, "198.51.100.7");
	wire_u16(&want, KNAT_A_SESSION_REMOTE_PORT, 443);
	wire_u8(&want, KNAT_A_SESSION_PROTO, 6);
	wire_u8(&want, KNAT_A_SESSION_STATE, KNAT_SESSION_ESTABLISHED);
	run("session", "list", "in", "192.168.0.2", "out", "203.0.113.1:1024",
	    "remote", "198.51.100.7:443", "proto", "tcp", "state",
	    "established");
	is_sent(&want, "sessions are listed with filters");

	expect(KNAT_CMD_SESSION_DEL, DO);
	wire_u8(&want, KNAT_A_SESSION_PROTO, 6);
	wire_addr(&want, KNAT_A_SESSION_IN_ADDR, "192.168.0.2");
	run("session", "del", "tcp", "in", "192.168.0.2", "#", "idle", "5s");
	is_sent(&want, "the beginning of a line of the list is a filter");

	expect(KNAT_CMD_SESSION_DEL, DO);
	run("session", "del", "all");
	is_sent(&want, "all sessions are deleted when that is said");

	expect(KNAT_CMD_SESSION_COUNT, DO);
	wire_u8(&want, KNAT_A_SESSION_STATE, KNAT_SESSION_TRANS);
	run("sess", "c", "st", "t");
	is_sent(&want, "sessions in a state are counted");
}

static void others(void)
{
	expect(KNAT_CMD_STATS_GET, DO);
	run("stats");
	is_sent(&want, "counters are asked for");

	expect(KNAT_CMD_STATS_RESET, DO);
	run("stats", "reset");
	is_sent(&want, "counters are reset");

	expect(KNAT_CMD_CONFIG_GET, DO);
	run("config", "show");
	is_sent(&want, "settings are asked for");

	expect(KNAT_CMD_CONFIG_SET, DO);
	wire_u32(&want, KNAT_A_CONFIG_UDP_TIMEOUT, 604800);
	wire_u32(&want, KNAT_A_CONFIG_PORT_REST, 0);
	wire_u32(&want, KNAT_A_CONFIG_MAX_SESSIONS, 1000000000);
	run("config", "set", "udp_timeout", "604800", "port", "0",
	    "max_sessions", "1000000000");
	is_sent(&want, "several settings are one request");
	is_number(sent->requests, 1, "and no more than one");

	expect(KNAT_CMD_FLUSH, DO);
	run("flush");
	is_sent(&want, "all is flushed");
	run("-n", "blue", "fl");
	is_sent(&want, "also in another namespace");
	is(err, "netns blue\n", "which is entered");
}

static void fastpath(void)
{
	expect(KNAT_CMD_FASTPATH_ADD, DO);
	wire_string(&want, KNAT_A_FASTPATH_DEV, "eth0");
	wire_string(&want, KNAT_A_FASTPATH_DEV, "eth1.5");
	run("fastpath", "add", "dev", "eth0,eth1.5");
	is_sent(&want, "several devices are one request");

	expect(KNAT_CMD_FASTPATH_DEL, DO);
	wire_string(&want, KNAT_A_FASTPATH_DEV, "ppp0");
	run("fa", "d", "dev", "ppp0", "#", "no such device");
	is_sent(&want, "a line of the list says what to delete");

	expect(KNAT_CMD_FASTPATH_GET, DUMP);
	wire_done(&reply, 0, NULL);
	run("fastpath");
	is_sent(&want, "devices with the fast path are asked for");
}

int main(void)
{
	pools();
	many_ranges();
	rules();
	maps_added();
	maps_deleted();
	maps_filtered();
	sessions();
	others();
	fastpath();
	decode();
	batches();
	events();
	top();
	return done();
}
