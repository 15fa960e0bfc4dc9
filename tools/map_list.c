// SPDX-License-Identifier: GPL-2.0
/* natctl map: how mappings are listed. */
#include <stdio.h>
#include "addr.h"
#include "map_list.h"
#include "out.h"

/* Where the inside end and remarks begin. */
#define COLUMN_INSIDE	27
#define COLUMN_REMARK	52

/* Prefix length of a mapping of whole addresses. */
static uint8_t length(const struct nlattr *const *attrs)
{
	return attrs[KNAT_A_MAP_OUT_LEN] ? nl_u8(attrs[KNAT_A_MAP_OUT_LEN]) : 32;
}

static void json_text(const char *key, const struct nlattr *attr)
{
	if (attr)
		json_string(key, mnl_attr_get_str(attr));
}

static void json_addr(const char *key, const struct nlattr *attr)
{
	if (attr)
		json_string(key, addr_text(nl_u32(attr)));
}

static void json_u16(const char *key, const struct nlattr *attr)
{
	if (attr)
		json_number(key, nl_u16(attr));
}

static void json_u32(const char *key, const struct nlattr *attr)
{
	if (attr)
		json_number(key, nl_u32(attr));
}

void map_json(const struct nlattr *const *attrs)
{
	bool is_static = nl_u8(attrs[KNAT_A_MAP_KIND]) == KNAT_MAP_STATIC;

	json_string("kind", is_static ? "static" : "dynamic");
	if (attrs[KNAT_A_MAP_PROTO])
		json_string("proto", proto_text(nl_u8(attrs[KNAT_A_MAP_PROTO])));
	json_text("out_dev", attrs[KNAT_A_MAP_OUT_DEV]);
	json_addr("out_addr", attrs[KNAT_A_MAP_OUT_ADDR]);
	json_u16("out_port", attrs[KNAT_A_MAP_OUT_PORT]);
	json_u16("out_port_last", attrs[KNAT_A_MAP_OUT_PORT_LAST]);
	json_addr("in_addr", attrs[KNAT_A_MAP_IN_ADDR]);
	json_u16("in_port", attrs[KNAT_A_MAP_IN_PORT]);
	json_u16("in_port_last", attrs[KNAT_A_MAP_IN_PORT_LAST]);
	if (!attrs[KNAT_A_MAP_PROTO])
		json_number("prefix_len", length(attrs));
	json_addr("remote_addr", attrs[KNAT_A_MAP_REMOTE_ADDR]);
	json_u16("remote_port", attrs[KNAT_A_MAP_REMOTE_PORT]);
	json_u32("lifetime", attrs[KNAT_A_MAP_LIFETIME]);
	json_text("label", attrs[KNAT_A_MAP_LABEL]);
	json_text("pool", attrs[KNAT_A_MAP_POOL]);
	json_u32("sessions", attrs[KNAT_A_MAP_SESSIONS]);
	json_u32("idle", attrs[KNAT_A_MAP_IDLE]);
	json_u32("expires", attrs[KNAT_A_MAP_EXPIRES]);
}

/* :PORT[-PORT]; an ICMP query may have the number 0. */
static void text_ports(const struct nlattr *first, const struct nlattr *last)
{
	if (first)
		text(":%u", nl_u16(first));
	if (first && last && nl_u16(last) != nl_u16(first))
		text("-%u", nl_u16(last));
}

/* ADDR[/LEN] */
static void text_whole(const struct nlattr *addr, uint8_t len)
{
	text("%s", len < 32 ? prefix_text(nl_u32(addr), len) :
	     addr_text(nl_u32(addr)));
}

/* DEV[:PORT[-PORT]] is one word, so it is in quotes as one. */
static void text_device(const struct nlattr *const *attrs)
{
	uint16_t first = nl_u16(attrs[KNAT_A_MAP_OUT_PORT]);
	uint16_t last = nl_u16(attrs[KNAT_A_MAP_OUT_PORT_LAST]);
	char word[256];
	int n;

	n = snprintf(word, sizeof(word), "%.200s",
		     mnl_attr_get_str(attrs[KNAT_A_MAP_OUT_DEV]));
	if (first)
		n += snprintf(word + n, sizeof(word) - n, ":%u", first);
	if (last && last != first)
		snprintf(word + n, sizeof(word) - n, "-%u", last);
	text("dev ");
	text_word(word);
}

void map_outside_text(const struct nlattr *const *attrs)
{
	if (!attrs[KNAT_A_MAP_PROTO]) {
		text_whole(attrs[KNAT_A_MAP_OUT_ADDR], length(attrs));
		return;
	}
	text("%s", proto_text(nl_u8(attrs[KNAT_A_MAP_PROTO])));
	text_column(5);
	if (attrs[KNAT_A_MAP_OUT_DEV]) {
		text_device(attrs);
	} else {
		text("%s", addr_text(nl_u32(attrs[KNAT_A_MAP_OUT_ADDR])));
		text_ports(attrs[KNAT_A_MAP_OUT_PORT],
			   attrs[KNAT_A_MAP_OUT_PORT_LAST]);
	}
}

static void text_ends(const struct nlattr *const *attrs)
{
	map_outside_text(attrs);
	text_column(COLUMN_INSIDE);
	if (!attrs[KNAT_A_MAP_PROTO]) {
		text("to ");
		text_whole(attrs[KNAT_A_MAP_IN_ADDR], length(attrs));
		return;
	}
	text("to %s", addr_text(nl_u32(attrs[KNAT_A_MAP_IN_ADDR])));
	text_ports(attrs[KNAT_A_MAP_IN_PORT], attrs[KNAT_A_MAP_IN_PORT_LAST]);
}

/* What cannot be typed back. */
static void text_remarks(const struct nlattr *const *attrs)
{
	bool is_static = nl_u8(attrs[KNAT_A_MAP_KIND]) == KNAT_MAP_STATIC;

	text_remark(COLUMN_REMARK);
	text("%s", is_static ? "static" : "dynamic");
	if (attrs[KNAT_A_MAP_OUT_DEV])
		text(" on %s", attrs[KNAT_A_MAP_OUT_ADDR] ?
		     addr_text(nl_u32(attrs[KNAT_A_MAP_OUT_ADDR])) :
		     "no address");
	if (attrs[KNAT_A_MAP_REMOTE_ADDR]) {
		text(" for %s", addr_text(nl_u32(attrs[KNAT_A_MAP_REMOTE_ADDR])));
		text_ports(attrs[KNAT_A_MAP_REMOTE_PORT], NULL);
	}
	if (attrs[KNAT_A_MAP_POOL]) {
		text(" pool ");
		text_word(mnl_attr_get_str(attrs[KNAT_A_MAP_POOL]));
	}
	if (nl_u32(attrs[KNAT_A_MAP_SESSIONS]))
		text(" sessions %u", nl_u32(attrs[KNAT_A_MAP_SESSIONS]));
	if (attrs[KNAT_A_MAP_IDLE])
		text(" idle %us", nl_u32(attrs[KNAT_A_MAP_IDLE]));
	if (attrs[KNAT_A_MAP_EXPIRES])
		text(" expires in %us", nl_u32(attrs[KNAT_A_MAP_EXPIRES]));
}

void map_text(const struct nlattr *const *attrs)
{
	text_ends(attrs);
	if (attrs[KNAT_A_MAP_LIFETIME])
		text(" lifetime %u", nl_u32(attrs[KNAT_A_MAP_LIFETIME]));
	if (attrs[KNAT_A_MAP_LABEL]) {
		text(" label ");
		text_quoted(mnl_attr_get_str(attrs[KNAT_A_MAP_LABEL]));
	}
	text_remarks(attrs);
}

bool map_is_whole(const struct nlattr *const *attrs)
{
	return attrs[KNAT_A_MAP_KIND] && attrs[KNAT_A_MAP_IN_ADDR] &&
	       (attrs[KNAT_A_MAP_OUT_ADDR] || attrs[KNAT_A_MAP_OUT_DEV]);
}

static void print(const struct nlmsghdr *nlh, const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!map_is_whole(attrs))
		nl_odd_answer();
	if (out_json) {
		json_object(NULL);
		map_json(attrs);
		json_end();
	} else {
		map_text(attrs);
		text_end();
	}
}

static const uint8_t types[KNAT_A_MAP_MAX + 1] = {
	[KNAT_A_MAP_KIND]		= MNL_TYPE_U8,
	[KNAT_A_MAP_PROTO]		= MNL_TYPE_U8,
	[KNAT_A_MAP_OUT_ADDR]		= MNL_TYPE_U32,
	[KNAT_A_MAP_OUT_PORT]		= MNL_TYPE_U16,
	[KNAT_A_MAP_OUT_PORT_LAST]	= MNL_TYPE_U16,
	[KNAT_A_MAP_OUT_LEN]		= MNL_TYPE_U8,
	[KNAT_A_MAP_OUT_DEV]		= MNL_TYPE_NUL_STRING,
	[KNAT_A_MAP_IN_ADDR]		= MNL_TYPE_U32,
	[KNAT_A_MAP_IN_PORT]		= MNL_TYPE_U16,
	[KNAT_A_MAP_IN_PORT_LAST]	= MNL_TYPE_U16,
	[KNAT_A_MAP_LIFETIME]		= MNL_TYPE_U32,
	[KNAT_A_MAP_LABEL]		= MNL_TYPE_NUL_STRING,
	[KNAT_A_MAP_POOL]		= MNL_TYPE_NUL_STRING,
	[KNAT_A_MAP_REMOTE_ADDR]	= MNL_TYPE_U32,
	[KNAT_A_MAP_REMOTE_PORT]	= MNL_TYPE_U16,
	[KNAT_A_MAP_IDLE]		= MNL_TYPE_U32,
	[KNAT_A_MAP_EXPIRES]		= MNL_TYPE_U32,
	[KNAT_A_MAP_SESSIONS]		= MNL_TYPE_U32,
	[KNAT_A_MAP_COUNT]		= MNL_TYPE_U32,
};

const struct nl_reader map_reader = { KNAT_A_MAP_MAX, types, print };

static void print_count(const struct nlmsghdr *nlh,
			const struct nlattr *const *attrs)
{
	(void)nlh;
	if (!attrs[KNAT_A_MAP_COUNT])
		nl_odd_answer();
	out_count("removed", nl_u32(attrs[KNAT_A_MAP_COUNT]), "mapping",
		  " removed");
}

const struct nl_reader map_count_reader = {
	KNAT_A_MAP_MAX, types, print_count,
};
