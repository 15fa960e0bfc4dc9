// SPDX-License-Identifier: GPL-2.0
/* natctl host: subscribers, the inside addresses that have mappings. */
#include "addr.h"
#include "command.h"
#include "error.h"
#include "filter.h"
#include "host.h"
#include "nl.h"
#include "out.h"

static void print_json(const struct nlattr *const *attrs)
{
	json_object(NULL);
	json_string("in_addr", addr_text(nl_u32(attrs[KNAT_A_HOST_IN_ADDR])));
	json_string("out_addr", addr_text(nl_u32(attrs[KNAT_A_HOST_OUT_ADDR])));
	if (attrs[KNAT_A_HOST_POOL])
		json_string("pool", mnl_attr_get_str(attrs[KNAT_A_HOST_POOL]));
	json_number("mappings", nl_u32(attrs[KNAT_A_HOST_MAPPINGS]));
	if (attrs[KNAT_A_HOST_LIMIT])
		json_number("limit", nl_u32(attrs[KNAT_A_HOST_LIMIT]));
	json_number("refused", nl_u32(attrs[KNAT_A_HOST_REFUSED]));
	json_end();
}

static void print_text(const struct nlattr *const *attrs)
{
	text("%s", addr_text(nl_u32(attrs[KNAT_A_HOST_IN_ADDR])));
	text_remark(16);
	text("out %s", addr_text(nl_u32(attrs[KNAT_A_HOST_OUT_ADDR])));
	text_column(38);
	text("mappings %u", nl_u32(attrs[KNAT_A_HOST_MAPPINGS]));
	if (attrs[KNAT_A_HOST_LIMIT])
		text(" of %u", nl_u32(attrs[KNAT_A_HOST_LIMIT]));
	if (nl_u32(attrs[KNAT_A_HOST_REFUSED]))
		text(" refused %u", nl_u32(attrs[KNAT_A_HOST_REFUSED]));
	if (attrs[KNAT_A_HOST_POOL]) {
		text(" pool ");
		text_word(mnl_attr_get_str(attrs[KNAT_A_HOST_POOL]));
	}
	text_end();
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!attrs[KNAT_A_HOST_IN_ADDR] || !attrs[KNAT_A_HOST_OUT_ADDR])
		nl_odd_answer();
	if (out_json)
		print_json(attrs);
	else
		print_text(attrs);
}

static const uint8_t types[KNAT_A_HOST_MAX + 1] = {
	[KNAT_A_HOST_IN_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_HOST_OUT_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_HOST_POOL]	= MNL_TYPE_NUL_STRING,
	[KNAT_A_HOST_MAPPINGS]	= MNL_TYPE_U32,
	[KNAT_A_HOST_LIMIT]	= MNL_TYPE_U32,
	[KNAT_A_HOST_REFUSED]	= MNL_TYPE_U32,
};

const struct nl_reader host_reader = { KNAT_A_HOST_MAX, types, print };

static void list(struct words *words)
{
	struct nlmsghdr *nlh = nl_request(KNAT_CMD_HOST_GET);
	const char *word = word_next(words);
	uint32_t addr;
	uint8_t len;

	if (word) {
		prefix_read(word, &addr, &len);
		if (len != 32)
			fail_usage("%s is a prefix: it must be one address",
				   said(word));
		filter_check_addr(addr, word);
		nl_put_u32(nlh, KNAT_A_HOST_IN_ADDR, addr);
	}
	word_end(words);
	nl_list(nlh, &host_reader);
}

static const struct verb verbs[] = {
	{ "list", "[ ADDR ]", list },
	{ "show", NULL, list },
	{ }
};

const struct object host_object = {
	.name		= "host",
	.meaning	= "inside addresses that have mappings",
	.verbs		= verbs,
	.plain		= list,
};
