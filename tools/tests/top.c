// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: what top asks for, and what many hosts cost. */
#include <linux/netlink.h>
#include <string.h>
#include "decode.h"
#include "harness.h"
#include "knat.h"

/* Counters, settings, pools, rules and hosts, twice */
#define REQUESTS	10
#define POOLS_REQUEST	3

static void host(const char *out_addr, const char *pool)
{
	wire_genl(&reply, FAMILY, NLM_F_MULTI, KNAT_CMD_HOST_GET);
	wire_addr(&reply, KNAT_A_HOST_IN_ADDR, "192.168.0.2");
	wire_addr(&reply, KNAT_A_HOST_OUT_ADDR, out_addr);
	wire_string(&reply, KNAT_A_HOST_POOL, pool);
	wire_u32(&reply, KNAT_A_HOST_MAPPINGS, 12);
	wire_u32(&reply, KNAT_A_HOST_LIMIT, 1000);
	wire_cut(&reply);
}

static void asked(void)
{
	static struct wire want;

	fresh();
	wire_clear(&want);
	wire_genl(&want, FAMILY, NLM_F_REQUEST | NLM_F_DUMP,
		  KNAT_CMD_HOST_GET);
	run("top", "interval", "1");
	is_number(status, 0, "a snapshot of nothing");
	is_number(sent->requests, REQUESTS, "asks for no more than it shows");
	is_sent(&want, "and for hosts last");
	ok(!!strstr(out, "\nrefused/s 0  (0 in all)\n"), "what there is none of is 0");

	wire_addr(&want, KNAT_A_HOST_IN_ADDR, "192.168.0.2");
	run("top", "interval", "1", "host", "192.168.0.2");
	is_sent(&want, "the kernel lists only the host that is wanted");

	fresh();
	wire_genl(&reply, FAMILY, NLM_F_MULTI, KNAT_CMD_POOL_GET);
	wire_string(&reply, KNAT_A_POOL_NAME, "a\302\233b\303\251");
	wire_cut(&reply);
	wire_done(&reply, 0, NULL);
	reply_to = POOLS_REQUEST;
	run("top", "interval", "1", "pool", "a\302\233b\303\251");
	ok(!!strstr(out, "  pool a\\xc2\\x9bb\303\251\n"),
	   "the terminal obeys no name");
	run("top", "interval", "1", "pool", "missing");
	is(err, "Error: there is no pool \"missing\": natctl pool list shows those that are there\n",
	   "a pool that is not there is an error");
}

static void many(void)
{
	long small;

	fresh();
	host("203.0.113.1", "office");
	wire_done(&reply, 0, NULL);
	reply_to = REQUESTS;
	run("-j", "top", "interval", "1");
	small = memory;
	ok(!!strstr(out, "\"mappings\":12,\"change\":12,\"limit\":1000"),
	   "a host that is new");
	/* As many in one message as fit, 50,000 or more in all */
	reply_repeat = 120;
	run("-j", "top", "interval", "1");
	ok(memory < small + 16 * 1024, "50,000 hosts fit into 16 MiB");
	ok(!!strstr(out, "\"inside\":[{\"in_addr\":\"192.168.0.2\",") &&
	   !strstr(out, "},{\"in_addr\""), "one that is listed twice is shown once");
	ok(!!strstr(out, "\"outside\":[{\"out_addr\":\"203.0.113.1\",\"subscribers\":1,\"mappings\":12"),
	   "and counts once");

	fresh();
	host("203.0.113.1", "");
	host("203.0.113.2", "");
	wire_done(&reply, 0, NULL);
	reply_to = REQUESTS;
	run("-j", "top", "interval", "1");
	ok(!!strstr(out, "},{\"in_addr\":\"192.168.0.2\",\"out_addr\":\"203.0.113.2\""),
	   "a host that leaves by two masquerade rules is two");
}

void top(void)
{
	asked();
	many();
}
