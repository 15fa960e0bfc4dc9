// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: commands from files; lists that are typed back. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "decode.h"
#include "harness.h"
#include "knat.h"

static struct wire want;

static void batch(const char *text)
{
	input = text;
	run("-b", "-");
	input = NULL;
}

static void one_after_the_other(void)
{
	fresh();
	batch("# a comment\n"
	      "\n"
	      "  flush # all\n"
	      "stats reset\r\n"
	      "\tconfig set udp_timeout 5 port_rest 5");
	is_number(status, 0, "a batch is done");
	is_number(sent->requests, 3, "all of it");
	is_number(sent->lookups, 1, "with one look-up of the family");
	wire_clear(&want);
	wire_genl(&want, FAMILY, NLM_F_REQUEST | NLM_F_ACK, KNAT_CMD_CONFIG_SET);
	wire_u32(&want, KNAT_A_CONFIG_UDP_TIMEOUT, 5);
	wire_u32(&want, KNAT_A_CONFIG_PORT_REST, 5);
	is_sent(&want, "the last line too, without a line feed");

	/* Attributes are padded with zeros, whatever was there before. */
	fresh();
	batch("map del tcp dev abcdefghijklmno:65535\n"
	      "pool del pppppppppppppppppppppppppppppp\n"
	      "pool del a\n");
	wire_clear(&want);
	wire_genl(&want, FAMILY, NLM_F_REQUEST | NLM_F_ACK, KNAT_CMD_POOL_DEL);
	wire_string(&want, KNAT_A_POOL_NAME, "a");
	is_sent(&want, "a request has nothing of the one before");

	fresh();
	batch("flush\n\nrule add oif wan nonsense\nflush\n");
	is_number(status, 1, "a wrong word ends a batch");
	is_number(sent->requests, 1, "the lines before it were done");
	ok(!strncmp(err, "-:3: Error: \"nonsense\" is not a word of a rule: ", 48),
	   "the error names file and line");

	fresh();
	reply_to = 2;
	wire_refusal(&reply, EEXIST, "no");
	batch("flush\nflush\nflush\n");
	is(err, "-:2: Error: no\n", "a refusal names file and line");
	is_number(status, 2, "and the exit status is 2");
	is_number(sent->requests, 2, "a refusal ends a batch");

	fresh();
	batch("\n# nothing\n");
	is_number(status, 0, "a batch without commands is done");
	is_number(sent->lookups, 0, "and needs no kernel");

	fresh();
	wire_done(&reply, 0, NULL);
	input = "rule list\nmap list\n";
	run("-j", "-b", "-");
	is(out, "[]\n[]\n", "each list of a batch is a JSON array");
}

static void speed(void)
{
	const int count = 20000;
	char *text = malloc(count * 80), *to = text;
	int i;

	fresh();
	for (i = 0; i < count; i++)
		to += sprintf(to, "map add tcp 203.0.%d.%d:8000 to 192.168.0.2:80 label \"number %d\"\n",
			      i / 200, i % 200, i);
	batch(text);
	is_number(sent->requests, count, "a long batch is done");
	free(text);
}

/* The line is wrong in itself. */
static void wrong_line(const char *line, const char *message)
{
	fresh();
	batch(line);
	is(err, message, line);
	is_number(status, 1, "is a wrong command");
	is_number(sent->requests, 0, "and nothing is sent");
}

static void quotes(void)
{
	static const char *const labels[][2] = {
		{ "plain",			"plain" },
		{ "\"two words\"",		"two words" },
		{ "'two words'",		"two words" },
		{ "\"a \\\"b\\\" \\\\ c\"",	"a \"b\" \\ c" },
		{ "'a \\b \"c\"'",		"a \\b \"c\"" },
		{ "\"\\xc3\\xA9\"",		"\xc3\xa9" },
		{ "it's",			"it's" },
		{ "a\"b",			"a\"b" },
		{ "back\\slash",		"back\\slash" },
		{ "\"#\"",			"#" },
		{ "a#b",			"a#b" },
		{ "\"x\" # more",		"x" },
		{ "x #\"",			"x" },
	};
	char line[256];
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		fresh();
		snprintf(line, sizeof(line),
			 "map add 203.0.113.2 to 192.168.0.2 label %s\n",
			 labels[i][0]);
		batch(line);
		wire_clear(&want);
		wire_genl(&want, FAMILY, NLM_F_REQUEST | NLM_F_ACK,
			  KNAT_CMD_MAP_ADD);
		wire_addr(&want, KNAT_A_MAP_OUT_ADDR, "203.0.113.2");
		wire_u8(&want, KNAT_A_MAP_OUT_LEN, 32);
		wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
		wire_string(&want, KNAT_A_MAP_LABEL, labels[i][1]);
		is_sent(&want, labels[i][0]);
	}

	wrong_line("flush \"x",
		   "-:1: Error: a quote is not closed: \" is missing at the end of the line\n");
	wrong_line("flush 'x",
		   "-:1: Error: a quote is not closed: ' is missing at the end of the line\n");
	wrong_line("flush \"x\"y",
		   "-:1: Error: a quote ends in the middle of a word: a blank is missing behind it\n");
	wrong_line("flush \"\\q\"",
		   "-:1: Error: a backslash in quotes stands before something else than \", \\ or xNN\n");
	wrong_line("flush \"\\x00\"",
		   "-:1: Error: a backslash in quotes stands before something else than \", \\ or xNN\n");
	wrong_line("flush \"\\",
		   "-:1: Error: a backslash in quotes stands before something else than \", \\ or xNN\n");
}

/* What is listed as text and typed back after "OBJECT add" is sent with the
 * attributes that were listed. @want has the request.
 */
static void typed_back(const char *object, const char *name)
{
	char line[1024];

	wire_done(&reply, 0, NULL);
	run(object, "list");
	snprintf(line, sizeof(line), "%s add %s", object, out);
	fresh();
	batch(line);
	is_sent(&want, name);
}

/* The beginning of what is listed, and of what is expected to be sent. */
static void both(uint8_t get, uint8_t add)
{
	fresh();
	wire_genl(&reply, FAMILY, NLM_F_MULTI, get);
	wire_clear(&want);
	wire_genl(&want, FAMILY, NLM_F_REQUEST | NLM_F_ACK, add);
}

static void both_string(int attr, const char *value)
{
	wire_string(&reply, attr, value);
	wire_string(&want, attr, value);
}

static void lists(void)
{
	size_t nest;

	both(KNAT_CMD_POOL_GET, KNAT_CMD_POOL_ADD);
	both_string(KNAT_A_POOL_NAME, "'it's");
	nest = wire_nest(&reply, KNAT_A_POOL_RANGE);
	wire_addr(&reply, KNAT_A_RANGE_FIRST, "192.0.2.3");
	wire_addr(&reply, KNAT_A_RANGE_LAST, "192.0.2.6");
	wire_nest_end(&reply, nest);
	wire_u16(&reply, KNAT_A_POOL_PORT_FIRST, 1);
	wire_u16(&reply, KNAT_A_POOL_PORT_LAST, 65535);
	wire_u8(&reply, KNAT_A_POOL_HAIRPIN, 1);
	nest = wire_nest(&want, KNAT_A_POOL_RANGE);
	wire_addr(&want, KNAT_A_RANGE_FIRST, "192.0.2.3");
	wire_addr(&want, KNAT_A_RANGE_LAST, "192.0.2.6");
	wire_nest_end(&want, nest);
	typed_back("pool", "a pool is typed back");

	both(KNAT_CMD_RULE_GET, KNAT_CMD_RULE_ADD);
	wire_u32(&reply, KNAT_A_RULE_PRIO, 100);
	wire_u32(&want, KNAT_A_RULE_PRIO, 100);
	/* The kernel has few rules for names of devices. */
	both_string(KNAT_A_RULE_OIF, "#\"\\'\xff\x01");
	wire_u8(&reply, KNAT_A_RULE_ACTION, KNAT_ACTION_EXEMPT);
	wire_u8(&want, KNAT_A_RULE_ACTION, KNAT_ACTION_EXEMPT);
	typed_back("rule", "a rule is typed back");

	both(KNAT_CMD_MAP_GET, KNAT_CMD_MAP_ADD);
	wire_u8(&reply, KNAT_A_MAP_KIND, KNAT_MAP_STATIC);
	wire_u8(&reply, KNAT_A_MAP_PROTO, 6);
	wire_u8(&want, KNAT_A_MAP_PROTO, 6);
	both_string(KNAT_A_MAP_OUT_DEV, "\"1");
	wire_u16(&reply, KNAT_A_MAP_OUT_PORT, 80);
	wire_u16(&want, KNAT_A_MAP_OUT_PORT, 80);
	wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
	wire_u16(&reply, KNAT_A_MAP_IN_PORT, 8080);
	wire_u16(&want, KNAT_A_MAP_IN_PORT, 8080);
	typed_back("map", "a mapping of a device is typed back");
}

/* Labels of random bytes, but for the control characters that none may have. */
static void random_labels(void)
{
	struct nlmsghdr *nlh = (void *)sent->bytes;
	char label[KNAT_LABEL_MAX + 1], line[1024];
	int i, n, len, bad = 0;

	srand(4787);
	for (i = 0; i < 200; i++) {
		len = 1 + rand() % KNAT_LABEL_MAX;
		for (n = 0; n < len; n++) {
			static const char favourites[] = "\"\\'# x";

			do {
				label[n] = rand() % 2 ?
					favourites[rand() % 6] : rand() % 256;
			} while ((unsigned char)label[n] < 32 || label[n] == 127);
		}
		label[len] = 0;

		both(KNAT_CMD_MAP_GET, KNAT_CMD_MAP_ADD);
		wire_u8(&reply, KNAT_A_MAP_KIND, KNAT_MAP_STATIC);
		wire_addr(&reply, KNAT_A_MAP_OUT_ADDR, "203.0.113.2");
		wire_addr(&want, KNAT_A_MAP_OUT_ADDR, "203.0.113.2");
		wire_u8(&want, KNAT_A_MAP_OUT_LEN, 32);
		wire_addr(&reply, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
		wire_addr(&want, KNAT_A_MAP_IN_ADDR, "192.168.0.2");
		both_string(KNAT_A_MAP_LABEL, label);
		wire_done(&reply, 0, NULL);
		run("map", "list");
		snprintf(line, sizeof(line), "map add %s", out);
		fresh();
		batch(line);
		nlh->nlmsg_seq = 0;
		bad += sent->len != want.len ||
		       memcmp(sent->bytes, want.bytes, want.len);
	}
	is_number(bad, 0, "any label is typed back");
}

/* The second file is not added to the first. */
static void apply_twice(void)
{
	char name[] = "/tmp/natctl-XXXXXX", text[64];
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");

	if (!file)
		abort();
	fputs("rule add oif not-here masquerade\n", file);
	fclose(file);
	snprintf(text, sizeof(text), "apply %s\napply %s\n", name, name);
	fresh();
	batch(text);
	unlink(name);
	is_number(status, 0, "a batch applies a file twice");
	is_number(sent->requests, 12, "and asks and changes twice");
}

void batches(void)
{
	one_after_the_other();
	speed();
	quotes();
	lists();
	random_labels();
	apply_twice();
}
