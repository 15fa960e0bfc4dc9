// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: what is printed for which answers. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include "decode.h"
#include "harness.h"
#include "knat.h"

/* What is to be done about answers and requests that are not known */
#define VERSIONS \
	"natctl and module knat are of different versions, so install one version of both, then systemctl stop knat; modprobe -r knat; systemctl start knat\n"

static bool begins(const char *text, const char *beginning)
{
	return !strncmp(text, beginning, strlen(beginning));
}

static bool ends(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

static int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void message(uint8_t cmd)
{
	wire_genl(&reply, FAMILY, NLM_F_MULTI, cmd);
}

static void addr_port(int attr, const char *addr, int attr_port, uint16_t port)
{
	wire_addr(&reply, attr, addr);
	wire_u16(&reply, attr_port, port);
}

static void options(uint16_t first, uint16_t last, uint8_t mapping,
		    uint8_t filtering, uint8_t alloc, uint8_t pairing,
		    uint8_t parity, uint32_t limit, uint8_t hairpin, uint16_t clamp)
{
	/* Only the pool with all options has others of these. */
	uint32_t other = limit ? 7 : 0;


	wire_u16(&reply, KNAT_A_POOL_PORT_FIRST, first);
	wire_u16(&reply, KNAT_A_POOL_PORT_LAST, last);
	wire_u8(&reply, KNAT_A_POOL_MAPPING, mapping);
	wire_u8(&reply, KNAT_A_POOL_FILTERING, filtering);
	wire_u8(&reply, KNAT_A_POOL_ALLOC, alloc);
	wire_u8(&reply, KNAT_A_POOL_PAIRING, pairing);
	wire_u8(&reply, KNAT_A_POOL_PARITY, parity);
	wire_u32(&reply, KNAT_A_POOL_LIMIT, limit);
	wire_u32(&reply, KNAT_A_POOL_SESSIONS, other);
	wire_u32(&reply, KNAT_A_POOL_RATE, other * 10);
	wire_u32(&reply, KNAT_A_POOL_SESSION_RATE, other * 100);
	wire_u8(&reply, KNAT_A_POOL_HAIRPIN, hairpin);
	wire_u16(&reply, KNAT_A_POOL_MSS_CLAMP, clamp);
}

static void range(const char *first, const char *last)
{
	size_t nest = wire_nest(&reply, KNAT_A_POOL_RANGE);

	wire_addr(&reply, KNAT_A_RANGE_FIRST, first);
	wire_addr(&reply, KNAT_A_RANGE_LAST, last);
	wire_nest_end(&reply, nest);
}

/* --- pools --- */

static void pool(const char *name)
{
	message(KNAT_CMD_POOL_GET);
	wire_string(&reply, KNAT_A_POOL_NAME, name);
}

static void counts(uint32_t addresses, uint32_t mappings, uint32_t subscribers)
{
	wire_u32(&reply, KNAT_A_POOL_ADDRESSES, addresses);
	wire_u32(&reply, KNAT_A_POOL_MAPPINGS, mappings);
	wire_u32(&reply, KNAT_A_POOL_SUBSCRIBERS, subscribers);
}

static void pools(void)
{
	fresh();
	pool("cgn");
	range("198.51.100.0", "198.51.100.15");
	options(1, 65535, 0, 0, 0, 0, 0, 0, 1, 0);
	counts(16, 5, 2);
	/* As with a real dump: the rest is in another datagram. */
	wire_cut(&reply);
	pool("all-options");
	range("192.0.2.1", "192.0.2.1");
	range("192.0.2.7", "192.0.2.9");
	options(2000, 3000, KNAT_MAPPING_ADM, KNAT_FILTERING_APDF,
		KNAT_ALLOC_PRESERVE, KNAT_PAIRING_ARBITRARY,
		KNAT_PARITY_PAIRS, 99, 0, 1300);
	counts(4, 4294967295, 0);
	/* An attribute of a newer kernel */
	wire_string(&reply, KNAT_A_POOL_MAX + 1, "new");
	wire_cut(&reply);
	wire_done(&reply, 0, NULL);

	run("pool", "list");
	is(out,
	   "cgn         addr 198.51.100.0/28                # 16 addresses, 5 mappings, 2 subscribers\n"
	   "all-options addr 192.0.2.1,192.0.2.7-192.0.2.9 ports 2000-3000 mapping adm filtering apdf alloc preserve pairing arbitrary parity pairs hairpin off limit 99 sessions 7 rate 70 session-rate 700 mss-clamp 1300 # 4 addresses, 4294967295 mappings, 0 subscribers\n",
	   "pools as text");
	is_number(status, 0, "pools are listed");

	run("-j", "pool", "list");
	is(out,
	   "[{\"name\":\"cgn\",\"addresses\":[\"198.51.100.0/28\"],\"port_first\":1,\"port_last\":65535,\"mapping\":\"eim\",\"filtering\":\"eif\",\"alloc\":\"random\",\"pairing\":\"paired\",\"parity\":\"off\",\"hairpin\":true,\"limit\":0,\"sessions\":0,\"rate\":0,\"session_rate\":0,\"mss_clamp\":\"off\",\"address_count\":16,\"mappings\":5,\"subscribers\":2},\n"
	   "{\"name\":\"all-options\",\"addresses\":[\"192.0.2.1\",\"192.0.2.7-192.0.2.9\"],\"port_first\":2000,\"port_last\":3000,\"mapping\":\"adm\",\"filtering\":\"apdf\",\"alloc\":\"preserve\",\"pairing\":\"arbitrary\",\"parity\":\"pairs\",\"hairpin\":false,\"limit\":99,\"sessions\":7,\"rate\":70,\"session_rate\":700,\"mss_clamp\":1300,\"address_count\":4,\"mappings\":4294967295,\"subscribers\":0}]\n",
	   "pools as JSON");

	run("pool", "list", "cgn");
	ok(begins(out, "cgn ") && lines(out) == 1,
	   "one pool of several");
	run("-j", "pool", "list", "missing");
	is_number(status, 2, "a pool that is not there");
	is(err, "Error: there is no pool \"missing\": natctl pool list shows those that are there\n",
	   "is an error");
}

/* --- rules --- */

static void rule(uint32_t prio, const char *oif, uint8_t action)
{
	message(KNAT_CMD_RULE_GET);
	wire_u32(&reply, KNAT_A_RULE_PRIO, prio);
	wire_string(&reply, KNAT_A_RULE_OIF, oif);
	wire_u8(&reply, KNAT_A_RULE_ACTION, action);
}

static void rules(void)
{
	size_t nest;

	fresh();
	rule(5, "wan", KNAT_ACTION_POOL);
	wire_addr(&reply, KNAT_A_RULE_SRC, "192.168.0.0");
	wire_u8(&reply, KNAT_A_RULE_SRC_LEN, 24);
	wire_addr(&reply, KNAT_A_RULE_DST, "192.0.2.0");
	wire_u8(&reply, KNAT_A_RULE_DST_LEN, 24);
	wire_u8(&reply, KNAT_A_RULE_PROTO, 17);
	wire_string(&reply, KNAT_A_RULE_POOL, "q");
	rule(100, "wan", KNAT_ACTION_EXEMPT);
	wire_addr(&reply, KNAT_A_RULE_SRC, "192.168.1.0");
	wire_u8(&reply, KNAT_A_RULE_SRC_LEN, 24);
	rule(100, "wan", KNAT_ACTION_EXEMPT);
	wire_u8(&reply, KNAT_A_RULE_PROTO, 6);
	wire_u16(&reply, KNAT_A_RULE_DPORT_FIRST, 80);
	wire_u16(&reply, KNAT_A_RULE_DPORT_LAST, 80);
	rule(100, "wan", KNAT_ACTION_EXEMPT);
	wire_u8(&reply, KNAT_A_RULE_PROTO, 17);
	wire_u16(&reply, KNAT_A_RULE_DPORT_FIRST, 500);
	wire_u16(&reply, KNAT_A_RULE_DPORT_LAST, 4500);
	rule(100, "wan", KNAT_ACTION_MASQUERADE);
	nest = wire_nest(&reply, KNAT_A_RULE_OPTIONS);
	options(1, 65535, 0, 0, 0, 0, 0, 0, 1, KNAT_MSS_CLAMP_PMTU);
	wire_nest_end(&reply, nest);
	wire_addr(&reply, KNAT_A_RULE_ADDR, "203.0.113.1");
	rule(100, "ppp0", KNAT_ACTION_MASQUERADE);
	nest = wire_nest(&reply, KNAT_A_RULE_OPTIONS);
	options(1, 65535, 0, 0, 0, 0, 0, 0, 1, 0);
	wire_nest_end(&reply, nest);
	wire_done(&reply, 0, NULL);

	run("rule", "list");
	is(out,
	   "prio 5     oif wan      src 192.168.0.0/24 dst 192.0.2.0/24 proto udp pool q\n"
	   "prio 100   oif wan      src 192.168.1.0/24     exempt\n"
	   "prio 100   oif wan      proto tcp dport 80     exempt\n"
	   "prio 100   oif wan      proto udp dport 500-4500 exempt\n"
	   "prio 100   oif wan                             masquerade mss-clamp pmtu # 203.0.113.1\n"
	   "prio 100   oif ppp0                            masquerade   # no address\n",
	   "rules as text");

	run("-j", "rule", "list");
	is(out,
	   "[{\"prio\":5,\"oif\":\"wan\",\"src\":\"192.168.0.0/24\",\"dst\":\"192.0.2.0/24\",\"proto\":\"udp\",\"action\":\"pool\",\"pool\":\"q\"},\n"
	   "{\"prio\":100,\"oif\":\"wan\",\"src\":\"192.168.1.0/24\",\"action\":\"exempt\"},\n"
	   "{\"prio\":100,\"oif\":\"wan\",\"proto\":\"tcp\",\"dport\":\"80\",\"action\":\"exempt\"},\n"
	   "{\"prio\":100,\"oif\":\"wan\",\"proto\":\"udp\",\"dport\":\"500-4500\",\"action\":\"exempt\"},\n"
	   "{\"prio\":100,\"oif\":\"wan\",\"action\":\"masquerade\",\"options\":{\"port_first\":1,\"port_last\":65535,\"mapping\":\"eim\",\"filtering\":\"eif\",\"alloc\":\"random\",\"pairing\":\"paired\",\"parity\":\"off\",\"hairpin\":true,\"limit\":0,\"sessions\":0,\"rate\":0,\"session_rate\":0,\"mss_clamp\":\"pmtu\"},\"address\":\"203.0.113.1\"},\n"
	   "{\"prio\":100,\"oif\":\"ppp0\",\"action\":\"masquerade\",\"options\":{\"port_first\":1,\"port_last\":65535,\"mapping\":\"eim\",\"filtering\":\"eif\",\"alloc\":\"random\",\"pairing\":\"paired\",\"parity\":\"off\",\"hairpin\":true,\"limit\":0,\"sessions\":0,\"rate\":0,\"session_rate\":0,\"mss_clamp\":\"off\"}}]\n",
	   "rules as JSON");
}

/* --- mappings --- */

static void map(uint8_t kind, uint8_t proto)
{
	message(KNAT_CMD_MAP_GET);
	wire_u8(&reply, KNAT_A_MAP_KIND, kind);
	if (proto)
		wire_u8(&reply, KNAT_A_MAP_PROTO, proto);
}

static void static_maps(void)
{
	map(KNAT_MAP_STATIC, 6);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 8000);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 80);
	wire_u32(&reply, KNAT_A_MAP_SESSIONS, 2);
	map(KNAT_MAP_STATIC, 17);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 9000);
	wire_u16(&reply, KNAT_A_MAP_OUT_PORT_LAST, 9010);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.3", KNAT_A_MAP_IN_PORT, 7000);
	wire_u16(&reply, KNAT_A_MAP_IN_PORT_LAST, 7010);
	wire_u32(&reply, KNAT_A_MAP_LIFETIME, 60);
	wire_u32(&reply, KNAT_A_MAP_EXPIRES, 55);
	wire_string(&reply, KNAT_A_MAP_LABEL, "say \"games\"\\");
	map(KNAT_MAP_STATIC, 6);
	wire_string(&reply, KNAT_A_MAP_OUT_DEV, "wan");
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 443);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.3", KNAT_A_MAP_IN_PORT, 443);
	map(KNAT_MAP_STATIC, 6);
	wire_string(&reply, KNAT_A_MAP_OUT_DEV, "ppp0");
	wire_u16(&reply, KNAT_A_MAP_OUT_PORT, 10);
	wire_u16(&reply, KNAT_A_MAP_OUT_PORT_LAST, 20);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.3", KNAT_A_MAP_IN_PORT, 10);
	wire_u16(&reply, KNAT_A_MAP_IN_PORT_LAST, 20);
	map(KNAT_MAP_STATIC, 0);
	wire_addr(&reply, KNAT_A_MAP_OUT_ADDR, "198.51.100.99");
	wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "192.168.0.9");
	wire_u8(&reply, KNAT_A_MAP_OUT_LEN, 32);
	map(KNAT_MAP_STATIC, 0);
	wire_addr(&reply, KNAT_A_MAP_OUT_ADDR, "198.51.100.0");
	wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "10.0.0.0");
	wire_u8(&reply, KNAT_A_MAP_OUT_LEN, 28);
}

static void dynamic_maps(void)
{
	map(KNAT_MAP_DYNAMIC, 17);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 40000);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 5000);
	wire_u32(&reply, KNAT_A_MAP_SESSIONS, 0);
	wire_u32(&reply, KNAT_A_MAP_IDLE, 0);
	wire_u32(&reply, KNAT_A_MAP_EXPIRES, 300);
	map(KNAT_MAP_DYNAMIC, 6);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 40001);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 5000);
	addr_port(KNAT_A_MAP_REMOTE_ADDR, "192.0.2.8", KNAT_A_MAP_REMOTE_PORT, 443);
	wire_string(&reply, KNAT_A_MAP_POOL, "cgn");
	wire_u32(&reply, KNAT_A_MAP_SESSIONS, 1);
	map(KNAT_MAP_DYNAMIC, 1);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 1024);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 0);
}

static void maps(void)
{
	fresh();
	static_maps();
	dynamic_maps();
	wire_done(&reply, 0, NULL);
	run("map", "list");
	is(out,
	   "tcp  203.0.113.1:8000      to 192.168.0.2:80        # static sessions 2\n"
	   "udp  203.0.113.1:9000-9010 to 192.168.0.3:7000-7010 lifetime 60 label \"say \\\"games\\\"\\\\\" # static expires in 55s\n"
	   "tcp  dev wan:443           to 192.168.0.3:443       # static on 203.0.113.1\n"
	   "tcp  dev ppp0:10-20        to 192.168.0.3:10-20     # static on no address\n"
	   "198.51.100.99              to 192.168.0.9           # static\n"
	   "198.51.100.0/28            to 10.0.0.0/28           # static\n"
	   "udp  203.0.113.1:40000     to 192.168.0.2:5000      # dynamic idle 0s expires in 300s\n"
	   "tcp  203.0.113.1:40001     to 192.168.0.2:5000      # dynamic for 192.0.2.8:443 pool cgn sessions 1\n"
	   "icmp 203.0.113.1:1024      to 192.168.0.2:0         # dynamic\n",
	   "mappings as text");

	run("-j", "map", "list");
	is(out,
	   "[{\"kind\":\"static\",\"proto\":\"tcp\",\"out_addr\":\"203.0.113.1\",\"out_port\":8000,\"in_addr\":\"192.168.0.2\",\"in_port\":80,\"sessions\":2},\n"
	   "{\"kind\":\"static\",\"proto\":\"udp\",\"out_addr\":\"203.0.113.1\",\"out_port\":9000,\"out_port_last\":9010,\"in_addr\":\"192.168.0.3\",\"in_port\":7000,\"in_port_last\":7010,\"lifetime\":60,\"label\":\"say \\\"games\\\"\\\\\",\"expires\":55},\n"
	   "{\"kind\":\"static\",\"proto\":\"tcp\",\"out_dev\":\"wan\",\"out_addr\":\"203.0.113.1\",\"out_port\":443,\"in_addr\":\"192.168.0.3\",\"in_port\":443},\n"
	   "{\"kind\":\"static\",\"proto\":\"tcp\",\"out_dev\":\"ppp0\",\"out_port\":10,\"out_port_last\":20,\"in_addr\":\"192.168.0.3\",\"in_port\":10,\"in_port_last\":20},\n"
	   "{\"kind\":\"static\",\"out_addr\":\"198.51.100.99\",\"in_addr\":\"192.168.0.9\",\"prefix_len\":32},\n"
	   "{\"kind\":\"static\",\"out_addr\":\"198.51.100.0\",\"in_addr\":\"10.0.0.0\",\"prefix_len\":28},\n"
	   "{\"kind\":\"dynamic\",\"proto\":\"udp\",\"out_addr\":\"203.0.113.1\",\"out_port\":40000,\"in_addr\":\"192.168.0.2\",\"in_port\":5000,\"sessions\":0,\"idle\":0,\"expires\":300},\n"
	   "{\"kind\":\"dynamic\",\"proto\":\"tcp\",\"out_addr\":\"203.0.113.1\",\"out_port\":40001,\"in_addr\":\"192.168.0.2\",\"in_port\":5000,\"remote_addr\":\"192.0.2.8\",\"remote_port\":443,\"pool\":\"cgn\",\"sessions\":1},\n"
	   "{\"kind\":\"dynamic\",\"proto\":\"icmp\",\"out_addr\":\"203.0.113.1\",\"out_port\":1024,\"in_addr\":\"192.168.0.2\",\"in_port\":0}]\n",
	   "mappings as JSON");

	fresh();
	wire_genl(&reply, FAMILY, 0, KNAT_CMD_MAP_FLUSH);
	wire_u32(&reply, KNAT_A_MAP_COUNT, 17);
	wire_cut(&reply);
	wire_ack(&reply);
	run("map", "flush", "in", "192.168.0.2");
	is(out, "17 mappings removed\n", "a flush says how many");
	run("-j", "map", "flush");
	is(out, "[{\"removed\":17}]\n", "a flush says how many in JSON");
}

/* --- sessions --- */

static void sessions(void)
{
	fresh();
	message(KNAT_CMD_SESSION_GET);
	wire_u8(&reply, KNAT_A_SESSION_PROTO, 6);
	addr_port(KNAT_A_SESSION_IN_ADDR, "192.168.0.2", KNAT_A_SESSION_IN_PORT, 50000);
	addr_port(KNAT_A_SESSION_OUT_ADDR, "203.0.113.1", KNAT_A_SESSION_OUT_PORT, 40000);
	addr_port(KNAT_A_SESSION_REMOTE_ADDR, "198.51.100.7", KNAT_A_SESSION_REMOTE_PORT, 443);
	wire_u8(&reply, KNAT_A_SESSION_STATE, KNAT_SESSION_ESTABLISHED);
	wire_u32(&reply, KNAT_A_SESSION_IDLE, 12);
	wire_u32(&reply, KNAT_A_SESSION_EXPIRES, 7428);
	message(KNAT_CMD_SESSION_GET);
	wire_u8(&reply, KNAT_A_SESSION_PROTO, 1);
	addr_port(KNAT_A_SESSION_IN_ADDR, "192.168.0.2", KNAT_A_SESSION_IN_PORT, 7);
	addr_port(KNAT_A_SESSION_OUT_ADDR, "203.0.113.1", KNAT_A_SESSION_OUT_PORT, 2000);
	wire_addr(&reply, KNAT_A_SESSION_REMOTE_ADDR, "198.51.100.7");
	wire_u8(&reply, KNAT_A_SESSION_STATE, KNAT_SESSION_NONE);
	wire_u32(&reply, KNAT_A_SESSION_IDLE, 0);
	wire_u32(&reply, KNAT_A_SESSION_EXPIRES, 60);
	wire_done(&reply, 0, NULL);

	run("session", "list");
	is(out,
	   "tcp  in 192.168.0.2:50000     out 203.0.113.1:40000     remote 198.51.100.7:443      state established # idle 12s expires in 7428s\n"
	   "icmp in 192.168.0.2:7         out 203.0.113.1:2000      remote 198.51.100.7          state none        # idle 0s expires in 60s\n",
	   "sessions as text");
	run("-j", "session");
	is(out,
	   "[{\"proto\":\"tcp\",\"in_addr\":\"192.168.0.2\",\"in_port\":50000,\"out_addr\":\"203.0.113.1\",\"out_port\":40000,\"remote_addr\":\"198.51.100.7\",\"remote_port\":443,\"state\":\"established\",\"idle\":12,\"expires\":7428},\n"
	   "{\"proto\":\"icmp\",\"in_addr\":\"192.168.0.2\",\"in_port\":7,\"out_addr\":\"203.0.113.1\",\"out_port\":2000,\"remote_addr\":\"198.51.100.7\",\"state\":\"none\",\"idle\":0,\"expires\":60}]\n",
	   "sessions as JSON");

	fresh();
	wire_genl(&reply, FAMILY, 0, KNAT_CMD_SESSION_COUNT);
	wire_u32(&reply, KNAT_A_SESSION_COUNT, 3);
	wire_ack(&reply);
	run("session", "count");
	is(out, "3 sessions\n", "sessions are counted");
	run("-j", "session", "count");
	is(out, "[{\"sessions\":3}]\n", "sessions are counted in JSON");
	run("session", "del", "proto", "tcp");
	is(out, "3 sessions removed\n", "sessions are deleted");
	run("-p", "session", "del", "all");
	is(out, "[\n    {\n        \"removed\": 3\n    }\n]\n",
	   "indented JSON");
}

/* --- counters and settings --- */

static void stats(void)
{
	size_t nest;
	int i;

	fresh();
	wire_genl(&reply, FAMILY, 0, KNAT_CMD_STATS_GET);
	wire_u32(&reply, KNAT_A_STATS_MAPPINGS, 1);
	wire_u32(&reply, KNAT_A_STATS_SESSIONS, 2);
	wire_u32(&reply, KNAT_A_STATS_SUBSCRIBERS, 3);
	nest = wire_nest(&reply, KNAT_A_STATS_COUNTERS);
	wire_u64(&reply, KNAT_COUNTER_OUT_TRANSLATED + 1, 18446744073709551615ULL);
	for (i = 1; i < __KNAT_COUNTER_MAX; i++)
		wire_u64(&reply, i + 1, 0);
	wire_u64(&reply, __KNAT_COUNTER_MAX + 1, 5);
	wire_nest_end(&reply, nest);
	wire_ack(&reply);

	run("stats");
	is_number(lines(out), 3 + __KNAT_COUNTER_MAX,
		  "counters: all of them, zero or not");
	ok(begins(out, "mappings                          1  mappings now\n"),
	   "counters: name, value, meaning");
	ok(!!strstr(out, "\nout_translated         18446744073709551615  packets to the outside"),
	   "counters have 64 bits");
	ok(!!strstr(out, "\ndrop_memory                       0  packets dropped: "),
	   "counters: the last one");
	run("-j", "stats");
	ok(begins(out, "[{\"mappings\":1,\"sessions\":2,\"subscribers\":3,\"out_translated\":18446744073709551615,\"in_translated\":0,") &&
	   ends(out, ",\"drop_memory\":0}]\n"),
	   "counters as one object");
	is_number(lines(out), 1, "in one line");
}

static void config(void)
{
	fresh();
	wire_genl(&reply, FAMILY, 0, KNAT_CMD_CONFIG_GET);
	wire_u32(&reply, KNAT_A_CONFIG_UDP_TIMEOUT, 300);
	wire_u32(&reply, KNAT_A_CONFIG_UDP_INBOUND_REFRESH, 1);
	wire_u32(&reply, KNAT_A_CONFIG_MAX_MAPPINGS, 262144);
	wire_ack(&reply);

	run("config", "show");
	is(out,
	   "udp_timeout              300        # s 1-604800     default 300       UDP mapping without traffic (RFC 4787 REQ-5)\n"
	   "udp_inbound_refresh      1          #   0-1          default 1         packets from the outside keep UDP mappings alive (RFC 4787 REQ-6)\n"
	   "max_mappings             262144     #   1-1000000000 default by memory mappings of the namespace\n",
	   "settings as text");
	run("-j", "config");
	is(out,
	   "[{\"name\":\"udp_timeout\",\"value\":300,\"unit\":\"s\",\"min\":1,\"max\":604800,\"default\":300,\"meaning\":\"UDP mapping without traffic (RFC 4787 REQ-5)\"},\n"
	   "{\"name\":\"udp_inbound_refresh\",\"value\":1,\"unit\":\"\",\"min\":0,\"max\":1,\"default\":1,\"meaning\":\"packets from the outside keep UDP mappings alive (RFC 4787 REQ-6)\"},\n"
	   "{\"name\":\"max_mappings\",\"value\":262144,\"unit\":\"\",\"min\":1,\"max\":1000000000,\"default\":null,\"meaning\":\"mappings of the namespace\"}]\n",
	   "settings as JSON");
}

/* --- lists of unusual length --- */

static void fastpath(void)
{
	fresh();
	message(KNAT_CMD_FASTPATH_GET);
	wire_string(&reply, KNAT_A_FASTPATH_DEV, "eth0");
	wire_u32(&reply, KNAT_A_FASTPATH_IFINDEX, 2);
	message(KNAT_CMD_FASTPATH_GET);
	wire_string(&reply, KNAT_A_FASTPATH_DEV, "ppp0");
	wire_done(&reply, 0, NULL);

	run("fastpath", "list");
	is(out,
	   "dev eth0\n"
	   "dev ppp0                # no such device\n",
	   "devices with the fast path as text");

	run("-j", "fastpath", "list");
	is(out, "[{\"dev\":\"eth0\",\"ifindex\":2},\n{\"dev\":\"ppp0\"}]\n",
	   "devices with the fast path as JSON");
}

static void lengths(void)
{
	long small;

	fresh();
	wire_done(&reply, 0, NULL);
	run("map", "list");
	is(out, "", "an empty list is nothing as text");
	run("-j", "map", "list");
	is(out, "[]\n", "an empty list in JSON");
	run("-p", "map", "list");
	is(out, "[]\n", "an empty list in indented JSON");

	fresh();
	pool("p");
	range("192.0.2.1", "192.0.2.1");
	wire_done(&reply, 0, NULL);
	run("-p", "pool", "list");
	ok(begins(out, "[\n    {\n        \"name\": \"p\",\n        \"addresses\": [\n            \"192.0.2.1\"\n        ],\n"),
	   "arrays are indented in objects");

	fresh();
	map(KNAT_MAP_DYNAMIC, 17);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 40000);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 5000);
	wire_cut(&reply);
	wire_done(&reply, 0, NULL);
	reply_repeat = 1;
	run("-j", "map", "list");
	small = memory;
	reply_repeat = 300;
	run("-j", "map", "list");
	ok(lines(out) > 200000, "a long list is listed");
	/* What the list itself fills is not natctl's. */
	ok(memory < small + 1024, "and needs no more memory than a short one");
}

/* --- refusals --- */

static void refusal(int error, const char *text, const char *message,
		    const char *name)
{
	fresh();
	wire_refusal(&reply, error, text);
	run("rule", "del", "oif", "wan");
	is(err, message, name);
	is_number(status, 2, "and the exit status is 2");
}

static void refusals(void)
{
	struct nlmsgerr capped = { .error = -EEXIST };

	refusal(EEXIST, "the port is taken", "Error: the port is taken\n",
		"what the kernel says is printed");
	refusal(EPERM, NULL,
		"Error: permission denied: CAP_NET_ADMIN is needed in the network namespace, so be root or say sudo\n",
		"a lack of privileges");
	refusal(ENOENT, NULL,
		"Error: module knat is not loaded: modprobe knat\n",
		"the module has gone meanwhile");
	refusal(ENOENT, "there is no rule", "Error: there is no rule\n",
		"something that is not there");
	refusal(EBUSY, NULL,
		"Error: the kernel refuses the request: Device or resource busy\n",
		"an error without words");
	refusal(EOPNOTSUPP, NULL,
		"Error: the kernel does not know such a request: " VERSIONS,
		"a command that the module does not know");

	fresh();
	module_missing = true;
	run("-j", "rule", "list");
	is(err, "Error: module knat is not loaded: modprobe knat\n",
	   "the module is not loaded");
	is(out, "", "and nothing is listed");
	is_number(status, 2, "and the exit status is 2");

	/* A kernel without NETLINK_CAP_ACK sends the request back. */
	fresh();
	capped.msg.nlmsg_len = 16 + 8;
	wire_message(&reply, NLMSG_ERROR, NLM_F_ACK_TLVS);
	wire_put(&reply, &capped, sizeof(capped));
	wire_put(&reply, "request", 8);
	wire_string(&reply, NLMSGERR_ATTR_MSG, "behind the request");
	run("flush");
	is(err, "Error: behind the request\n", "words behind the request");

	fresh();
	map(KNAT_MAP_DYNAMIC, 17);
	addr_port(KNAT_A_MAP_OUT_ADDR, "203.0.113.1", KNAT_A_MAP_OUT_PORT, 40000);
	addr_port(KNAT_A_MAP_IN_ADDR, "192.168.0.2", KNAT_A_MAP_IN_PORT, 5000);
	wire_cut(&reply);
	wire_done(&reply, EOPNOTSUPP, "mappings cannot be filtered by this");
	run("map", "list");
	is(err, "Error: mappings cannot be filtered by this\n",
	   "a list may end with a refusal");
	is_number(lines(out), 1, "what came before is printed");
	is_number(status, 2, "and the exit status is 2");
}

static void interrupted(void)
{
	fresh();
	wire_genl(&reply, FAMILY, NLM_F_MULTI | NLM_F_DUMP_INTR, KNAT_CMD_POOL_GET);
	wire_string(&reply, KNAT_A_POOL_NAME, "p");
	wire_cut(&reply);
	wire_done(&reply, 0, NULL);
	run("-j", "pool", "list");
	is(err, "Warning: the list changed while it was read; some entries may be missing or double\n",
	   "a list that changed meanwhile has a warning");
	is_number(lines(out), 1, "and is printed");
	is_number(status, 0, "and is no error");

	fresh();
	wire_message(&reply, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR);
	wire_put(&reply, &(int){ 0 }, sizeof(int));
	run("pool", "list");
	ok(begins(err, "Warning: "), "also if only the end says so");
}

/* --- answers that no kernel gives --- */

static void is_odd(const char *name)
{
	is(err, "Error: the kernel's answer is not understood: " VERSIONS,
	   name);
	is_number(status, 2, "and the exit status is 2");
}

static void odd(const char *name)
{
	if (reply.len)
		wire_ack(&reply);
	run("map", "list");
	is_odd(name);
}

static void odd_save(int request, const char *name)
{
	wire_done(&reply, 0, NULL);
	reply_to = request;
	run("save");
	is_odd(name);
}

static void odd_answers(void)
{
	char name[201];
	size_t nest;

	fresh();
	wire_message(&reply, FAMILY, NLM_F_MULTI);
	odd("a message without the header of the family");

	fresh();
	message(KNAT_CMD_MAP_GET);
	odd("a mapping without attributes");

	fresh();
	map(KNAT_MAP_DYNAMIC, 6);
	wire_attr(&reply, KNAT_A_MAP_OUT_ADDR, "\1\2", 2);
	odd("an address of two bytes");

	fresh();
	map(KNAT_MAP_DYNAMIC, 6);
	wire_attr(&reply, KNAT_A_MAP_POOL, "p", 1);
	odd("a name without an end");

	fresh();
	map(KNAT_MAP_DYNAMIC, 6);
	wire_attr(&reply, KNAT_A_MAP_LABEL, "", 0);
	odd("a label without anything");

	fresh();
	pool("p");
	nest = wire_nest(&reply, KNAT_A_POOL_RANGE);
	wire_addr(&reply, KNAT_A_RANGE_FIRST, "192.0.2.1");
	wire_nest_end(&reply, nest);
	wire_done(&reply, 0, NULL);
	run("pool", "list");
	is_number(status, 2, "a range without an end");

	fresh();
	wire_message(&reply, NLMSG_ERROR, 0);
	wire_put(&reply, "\1\1\1\1", 4);
	run("flush");
	is_number(status, 2, "a refusal that is cut off");

	/* What is compared, or saved, must be whole. */
	fresh();
	wire_genl(&reply, FAMILY, NLM_F_MULTI, KNAT_CMD_RULE_GET);
	wire_u8(&reply, KNAT_A_RULE_ACTION, KNAT_ACTION_MASQUERADE);
	odd_save(3, "a rule without a device is not saved");

	fresh();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	wire_genl(&reply, FAMILY, NLM_F_MULTI, KNAT_CMD_FASTPATH_GET);
	wire_string(&reply, KNAT_A_FASTPATH_DEV, name);
	odd_save(5, "a device whose name is too long is not saved");

	/* Values that a newer kernel may have */
	fresh();
	rule(1, "wan", 77);
	wire_done(&reply, 0, NULL);
	run("rule", "list");
	ok(!!strstr(out, "unknown"), "an action that is not known");
	is_number(status, 0, "is no error");

	/* Answers to something else */
	fresh();
	pool("p");
	((struct nlmsghdr *)reply.bytes)->nlmsg_seq = 0x12345678;
	wire_cut(&reply);
	wire_done(&reply, 0, NULL);
	run("pool", "list");
	is(out, "", "an answer to another request is not printed");
}

/* --- text of others --- */

static void labels(void)
{
	fresh();
	map(KNAT_MAP_STATIC, 0);
	wire_addr(&reply, KNAT_A_MAP_OUT_ADDR, "198.51.100.99");
	wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "192.168.0.9");
	/* e acute, a stray byte, an overlong slash, C1 CSI, a surrogate, an emoji */
	wire_string(&reply, KNAT_A_MAP_LABEL,
		    "\xc3\xa9 \xff \xc0\xaf \xc2\x9b \xed\xa0\x80 \xf0\x9f\x98\x80 \t\x1b\x7f");
	wire_done(&reply, 0, NULL);
	run("-j", "map", "list");
	ok(!!strstr(out, "\"label\":\"\xc3\xa9 \\ufffd \\ufffd\\ufffd \\u009b \\ufffd\\ufffd\\ufffd \xf0\x9f\x98\x80 \\u0009\\u001b\\u007f\"}"),
	   "JSON has proper UTF-8, whatever a label is");
	run("map", "list");
	ok(!!strstr(out, "label \"\xc3\xa9 \\xff \\xc0\\xaf \\xc2\\x9b \\xed\\xa0\\x80 \xf0\x9f\x98\x80 \\x09\\x1b\\x7f\" # static\n"),
	   "text has nothing that a terminal obeys");
}

void decode(void)
{
	pools();
	rules();
	maps();
	sessions();
	stats();
	config();
	fastpath();
	lengths();
	refusals();
	interrupted();
	odd_answers();
	labels();
}
