// SPDX-License-Identifier: GPL-2.0
/* natctl apply: make the kernel match a file. */
#define _GNU_SOURCE
#include <libgen.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "command.h"
#include "conf.h"
#include "diff.h"
#include "error.h"
#include "out.h"
#include "progress.h"

/* Files within files; more are a circle. */
#define INCLUDE_MAX	16

/* What there is, and what the file says. */
static struct conf have, want;

/* --- the file --- */

/* Files that the line at hand is included by */
static int include_depth;
/* Has the line at hand set something up? */
static bool collected;

static void collect_settings(const struct nlmsghdr *nlh, struct place place)
{
	const struct nlattr *attr;
	int type;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		type = mnl_attr_get_type(attr);
		want.value[type] = mnl_attr_get_u32(attr);
		want.place[type] = place;
	}
}

static void collect(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct place place;

	collected = true;
	place.file = error_place_file(&place.line);
	switch (genl->cmd) {
	case KNAT_CMD_POOL_ADD:
		conf_add(&want, CONF_POOL, nlh, place);
		break;
	case KNAT_CMD_RULE_ADD:
		conf_add(&want, CONF_RULE, nlh, place);
		break;
	case KNAT_CMD_MAP_ADD:
		conf_add(&want, CONF_MAP, nlh, place);
		break;
	case KNAT_CMD_FASTPATH_ADD:
		conf_add(&want, CONF_FASTPATH, nlh, place);
		break;
	case KNAT_CMD_CONFIG_SET:
		collect_settings(nlh, place);
		break;
	default:
		nl_not_collected("the command");
	}
}

static void read_line(struct words *words);

/* A name is that of a file beside the one that it stands in. */
static void include(struct words *words)
{
	const char *name = word_next(words);
	unsigned long line;
	char *place, *path;

	/* It is no command of natctl, whose grammar would not have it. */
	if (!name)
		fail_usage("the name of the file is missing: it must be include FILE");
	if (words->left)
		fail_usage("%s is one word too many: it must be include FILE",
			   said(words->next[0]));
	if (++include_depth > INCLUDE_MAX)
		fail_usage("%s is included by itself, or too deep",
			   said(name));
	place = strdup(error_place_file(&line));
	if (!place || (*name == '/' ? !(path = strdup(name)) :
		       asprintf(&path, "%s/%s", dirname(place), name) < 0))
		fail("there is no memory for the name of the file");
	/* Places of errors keep the path. */
	batch_read(path, read_line);
	free(place);
	include_depth--;
}

static void read_line(struct words *words)
{
	if (!strcmp(words->next[0], "include")) {
		word_next(words);
		include(words);
		return;
	}
	collected = false;
	command_run(words);
	if (!collected)
		nl_not_collected("the command");
}

static void read_file(const char *name)
{
	include_depth = 0;
	conf_clear(&want);
	nl_collect(collect);
	batch_read(name, read_line);
	nl_collect(NULL);
}

/* --- the kernel --- */

static struct change *changes;
static size_t nr_changes;
/* Where changes begin in the request. */
static size_t *offsets;

static void blamed(uint32_t offset)
{
	size_t i;

	for (i = nr_changes; i--;) {
		if (offsets[i] > offset)
			continue;
		if (changes[i].place.file)
			error_place(changes[i].place.file,
				    changes[i].place.line);
		return;
	}
}

static struct nlattr *attr_begin(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);

	attr->nla_type = type;
	nlh->nlmsg_len += sizeof(*attr);
	return attr;
}

static void attr_end(struct nlmsghdr *nlh, struct nlattr *attr)
{
	attr->nla_len = (char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)attr;
}

static void change_put(struct nlmsghdr *nlh, const struct change *change)
{
	struct nlattr *outer, *inner;

	outer = attr_begin(nlh, KNAT_A_APPLY_CHANGE | NLA_F_NESTED);
	mnl_attr_put_u8(nlh, KNAT_A_CHANGE_CMD, change->cmd);
	inner = attr_begin(nlh, change->attr | NLA_F_NESTED);
	memcpy(mnl_nlmsg_get_payload_tail(nlh), change->attrs, change->len);
	nlh->nlmsg_len += MNL_ALIGN(change->len);
	attr_end(nlh, inner);
	attr_end(nlh, outer);
}

/* More than the headers of a change, and of the request */
#define HEADERS		64

static void send_changes(const char *file, bool check)
{
	struct nlmsghdr *nlh;
	size_t i, size = HEADERS;
	void *buf;

	for (i = 0; i < nr_changes; i++)
		size += MNL_ALIGN(changes[i].len) + HEADERS;
	buf = calloc(1, size);
	offsets = calloc(nr_changes, sizeof(*offsets));
	if (!buf || !offsets)
		fail("there is no memory for the request");
	nlh = nl_long_request(buf, KNAT_CMD_APPLY);
	if (check)
		mnl_attr_put(nlh, KNAT_A_APPLY_CHECK, 0, NULL);
	for (i = 0; i < nr_changes; i++) {
		offsets[i] = nlh->nlmsg_len;
		change_put(nlh, &changes[i]);
	}
	error_place(file, 0);
	nl_do_long(nlh, blamed);
	error_place(NULL, 0);
	free(offsets);
	free(buf);
}

/* --- devices --- */

/* The device that an entry names, or NULL. */
static const char *device_of(enum conf_kind kind, const struct entry *entry)
{
	static const uint16_t types[NR_CONF_KINDS] = {
		[CONF_RULE]	= KNAT_A_RULE_OIF,
		[CONF_MAP]	= KNAT_A_MAP_OUT_DEV,
		[CONF_FASTPATH]	= KNAT_A_FASTPATH_DEV,
	};
	const struct nlattr *attr;

	mnl_attr_for_each(attr, entry->msg, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == types[kind])
			return mnl_attr_get_str(attr);
	return NULL;
}

static const char **told;
static size_t nr_told;

/* Is this the first that is heard of it? */
static bool is_news(const char *dev)
{
	size_t i;

	for (i = 0; i < nr_told; i++)
		if (!strcmp(told[i], dev))
			return false;
	told = realloc(told, (nr_told + 1) * sizeof(*told));
	if (!told)
		fail("there is no memory for the names of devices");
	told[nr_told++] = dev;
	return true;
}

/* The kernel takes what comes later, which may be a typing error all the same:
 * each device that is not there is told once.
 */
static void warn_of_devices(void)
{
	const char *dev, *there = "";
	const struct entry *entry;
	size_t i;
	int kind;

	nr_told = 0;
	for (kind = CONF_RULE; kind < NR_CONF_KINDS; kind++) {
		for (i = 0; i < want.n[kind]; i++) {
			entry = &want.list[kind][i];
			dev = device_of(kind, entry);
			if (!dev || !strcmp(dev, there))
				continue;
			if (if_nametoindex(dev)) {
				there = dev;
				continue;
			}
			if (is_news(dev))
				warn(entry->place.file, entry->place.line,
				     "there is no device %s now: what the line says holds when it comes",
				     said(dev));
		}
	}
}

static void print_changes(void)
{
	size_t i;

	for (i = 0; i < nr_changes; i++) {
		text("natctl %s", changes[i].text);
		text_end();
	}
	out_flush();
}

static void apply(struct words *words)
{
	static const char *const dry[] = { "--dry-run", NULL };
	const char *file = NULL, *word;
	bool check = false;

	while ((word = word_next(words))) {
		if (strlen(word) > 2 && !word_find(word, dry))
			check = true;
		else if (*word == '-' && word[1])
			fail_word(words, "%s is no option of apply: it must be --dry-run",
				  said(word));
		else if (file)
			fail_word(words, "%s is one word too many", said(word));
		else
			file = word;
	}
	if (!file)
		fail_word(words, "the file is missing at the end of the command");
	nl_check_collected();
	out_json = false;
	progress_begin("reading the file", " lines");
	read_file(file);
	progress_begin("asking for what there is", " entries");
	conf_fetch(&have);
	progress_begin("comparing", NULL);
	changes = diff(&have, &want, &nr_changes);
	error_place(NULL, 0);
	progress_end();
	if (check)
		print_changes();
	progress_begin(check ? "the kernel is checking the changes" :
			       "the kernel is making the changes", NULL);
	if (nr_changes)
		send_changes(file, check);
	progress_end();
	warn_of_devices();
}

static const struct verb verbs[] = {
	{ "", "FILE [ --dry-run ]", apply },
	{ }
};

const struct object apply_object = {
	.name		= "apply",
	.meaning	= "make the kernel match a file; all or nothing",
	.verbs		= verbs,
	.plain		= apply,
};
