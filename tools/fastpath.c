// SPDX-License-Identifier: GPL-2.0
/* natctl fastpath: devices whose established flows take a short cut. */
#include <string.h>
#include "addr.h"
#include "command.h"
#include "fastpath.h"
#include "nl.h"
#include "out.h"

/* dev DEV[,DEV...] */
static void devices_put(struct words *words, struct nlmsghdr *nlh)
{
	static const char *const names[] = { "dev", NULL };
	char *list, *rest, *name;

	word_choose(words, word_need(words, "\"dev\""), "a word of fastpath",
		    names);
	list = word_need(words, "the list of devices");
	word_end(words);
	rest = list;
	while ((name = word_part(list, &rest, "devices", "DEV[,DEV...]"))) {
		device_check(name);
		nl_put_string(nlh, KNAT_A_FASTPATH_DEV, name);
	}
}

static void add(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_FASTPATH_ADD);

	devices_put(words, nlh);
	nl_do(nlh);
}

static void del(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_FASTPATH_DEL);

	devices_put(words, nlh);
	nl_do(nlh);
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	const struct nlattr *ifindex = attrs[KNAT_A_FASTPATH_IFINDEX];
	const char *dev;

	(void)nlh;
	if (!attrs[KNAT_A_FASTPATH_DEV])
		nl_odd_answer();
	dev = mnl_attr_get_str(attrs[KNAT_A_FASTPATH_DEV]);
	if (out_json) {
		json_object(NULL);
		json_string("dev", dev);
		if (ifindex)
			json_number("ifindex", nl_u32(ifindex));
		json_end();
		return;
	}
	text("dev ");
	text_word(dev);
	if (!ifindex) {
		text_remark(24);
		text("no such device");
	}
	text_end();
}

static const uint8_t types[KNAT_A_FASTPATH_MAX + 1] = {
	[KNAT_A_FASTPATH_DEV]		= MNL_TYPE_NUL_STRING,
	[KNAT_A_FASTPATH_IFINDEX]	= MNL_TYPE_U32,
};

const struct nl_reader fastpath_reader = {
	KNAT_A_FASTPATH_MAX, types, print
};

static void list(struct words *words)
{
	word_end(words);
	nl_list(nl_request(KNAT_CMD_FASTPATH_GET), &fastpath_reader);
}

static const struct verb verbs[] = {
	{ "add", "dev DEV[,DEV...]", add },
	{ "del", "dev DEV[,DEV...]", del },
	{ "list", "", list },
	{ "show", NULL, list },
	{ }
};

const struct object fastpath_object = {
	.name		= "fastpath",
	.meaning	= "devices whose established flows take a short cut",
	.verbs		= verbs,
	.plain		= list,
};
