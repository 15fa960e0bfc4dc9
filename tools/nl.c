// SPDX-License-Identifier: GPL-2.0
/* natctl: requests to the kernel and its answers. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "nl.h"
#include "progress.h"
#include "out.h"
#include "sock.h"

/* Requests are as long as a socket takes by default; the kernel's messages are
 * half as long as the buffer at most.
 */
#define REQUEST_SIZE	196608
#define ANSWER_SIZE	65536

static _Alignas(struct nlmsghdr) char request[REQUEST_SIZE];
static _Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
static uint16_t family;
/* Numbers of the multicast groups, 0: the kernel does not have it. */
static uint32_t group_ids[__KNAT_GROUP_MAX];
static uint32_t seq;

/* --- requests --- */

static struct nlmsghdr *message(void *buf, uint16_t type, uint8_t cmd,
				uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

struct nlmsghdr *nl_request(uint8_t cmd)
{
	/* Not all versions of libmnl write what attributes are padded with:
	 * nothing of the request before may be left there.
	 */
	memset(request, 0, ((struct nlmsghdr *)request)->nlmsg_len);
	return message(request, 0, cmd, KNAT_FAMILY_VERSION);
}

static void put_check(bool put)
{
	if (!put)
		fail_usage("the command is too long for one request");
}

void nl_put_u8(struct nlmsghdr *nlh, int attr, uint8_t value)
{
	put_check(mnl_attr_put_u8_check(nlh, REQUEST_SIZE, attr, value));
}

void nl_put_u16(struct nlmsghdr *nlh, int attr, uint16_t value)
{
	put_check(mnl_attr_put_u16_check(nlh, REQUEST_SIZE, attr, value));
}

void nl_put_u32(struct nlmsghdr *nlh, int attr, uint32_t value)
{
	put_check(mnl_attr_put_u32_check(nlh, REQUEST_SIZE, attr, value));
}

void nl_put_string(struct nlmsghdr *nlh, int attr, const char *value)
{
	put_check(mnl_attr_put_strz_check(nlh, REQUEST_SIZE, attr, value));
}

void nl_put_copy(struct nlmsghdr *nlh, const struct nlattr *attr)
{
	put_check(mnl_attr_put_check(nlh, REQUEST_SIZE, attr->nla_type,
				     mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr)));
}

struct nlattr *nl_nest_begin(struct nlmsghdr *nlh, int attr)
{
	struct nlattr *nest;

	nest = mnl_attr_nest_start_check(nlh, REQUEST_SIZE, attr);
	put_check(nest);
	return nest;
}

void nl_nest_end(struct nlmsghdr *nlh, struct nlattr *nest)
{
	mnl_attr_nest_end(nlh, nest);
}

/* --- refusals --- */

#define VERSIONS \
	"natctl and module knat are of different versions, so install one version of both, then systemctl stop knat; modprobe -r knat; systemctl start knat"

/* What is called with the place in the request that the kernel blames. */
static void (*blame)(uint32_t offset);

/* What the kernel says of a refusal, or NULL. The attributes stand behind
 * @skip bytes.
 */
static const char *extack(const struct nlmsghdr *nlh, size_t skip)
{
	const struct nlattr *attr;
	const char *msg = NULL;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(nlh) <= skip)
		return NULL;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			msg = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 && blame)
			blame(nl_u32(attr));
	}
	return msg;
}

static void refused(int err, const char *msg)
{
	if (msg && family)
		fail("%s", msg);
	switch (err) {
	case ENOENT:
		/* Of the family: its own ENOENT come with a message. */
		fail("module knat is not loaded: modprobe knat");
	case EPERM:
		fail("permission denied: CAP_NET_ADMIN is needed in the network namespace, so be root or say sudo");
	case ENOMEM:
	case ENOBUFS:
		fail("the kernel has no memory for the request");
	case EMSGSIZE:
		fail("the kernel cannot answer: it does not fit into one message");
	case EINVAL:
	case EOPNOTSUPP:
		fail("the kernel does not know such a request: " VERSIONS);
	default:
		fail("the kernel refuses the request: %s", strerror(err));
	}
}

void nl_odd_answer(void)
{
	fail("the kernel's answer is not understood: " VERSIONS);
}

/* --- answers --- */

/* Where attributes go. */
struct table {
	const struct nlattr	**attrs;
	int			max;
	const uint8_t		*types;
};

static int collect(const struct nlattr *attr, void *arg)
{
	const struct table *table = arg;
	int type = mnl_attr_get_type(attr);

	if (type > table->max || table->types[type] == MNL_TYPE_UNSPEC)
		return MNL_CB_OK;
	if (mnl_attr_validate(attr, table->types[type]) < 0)
		nl_odd_answer();
	table->attrs[type] = attr;
	return MNL_CB_OK;
}

void nl_parse_nest(const struct nlattr *nest, const struct nlattr **attrs,
		   int max, const uint8_t *types)
{
	struct table table = { attrs, max, types };

	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	mnl_attr_parse_nested(nest, collect, &table);
}

void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **attrs,
	      const struct nl_reader *reader)
{
	struct table table = { attrs, reader->max, reader->types };

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		nl_odd_answer();
	memset(attrs, 0, (reader->max + 1) * sizeof(*attrs));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &table);
}

static void read_message(const struct nlmsghdr *nlh,
			 const struct nl_reader *reader)
{
	const struct nlattr *attrs[reader->max + 1];

	progress_step();
	nl_parse(nlh, attrs, reader);
	reader->print(nlh, attrs);
}

/* Does this message end the answer? If it is a refusal, all ends. */
static bool is_end(const struct nlmsghdr *nlh)
{
	bool is_error = nlh->nlmsg_type == NLMSG_ERROR;
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh), skip;

	if (!is_error && nlh->nlmsg_type != NLMSG_DONE)
		return false;
	/* What ends a list is a number alone. */
	skip = is_error ? sizeof(*err) : sizeof(err->error);
	if (len < skip)
		nl_odd_answer();
	if (err->error >= 0)
		return true;
	if (err->error == INT_MIN)
		nl_odd_answer();
	/* Without NETLINK_CAP_ACK the request comes back behind its header. */
	if (is_error && !(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	refused(-err->error, extack(nlh, MNL_ALIGN(skip)));
	return true;
}

/* Send a message and read the answer; true if a list was interrupted. */
static bool talk(struct nlmsghdr *req, const struct nl_reader *reader)
{
	const struct nlmsghdr *nlh;
	bool interrupted = false;
	int len;

	req->nlmsg_seq = ++seq;
	sock_send(req, req->nlmsg_len);
	for (;;) {
		len = sock_receive(answer, sizeof(answer));
		for (nlh = (const void *)answer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != req->nlmsg_seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;
			if (is_end(nlh))
				return interrupted;
			if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && reader)
				read_message(nlh, reader);
		}
	}
}

static void read_group(const struct nlattr *nest)
{
#define NAME(NAME, name)	#name,
	static const char *const names[] = { KNAT_GROUPS(NAME) };
#undef NAME
	static const uint8_t types[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
		[CTRL_ATTR_MCAST_GRP_NAME]	= MNL_TYPE_NUL_STRING,
		[CTRL_ATTR_MCAST_GRP_ID]	= MNL_TYPE_U32,
	};
	const struct nlattr *attrs[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int i;

	nl_parse_nest(nest, attrs, CTRL_ATTR_MCAST_GRP_MAX, types);
	if (!attrs[CTRL_ATTR_MCAST_GRP_NAME])
		nl_odd_answer();
	for (i = 0; i < __KNAT_GROUP_MAX; i++)
		if (!strcmp(mnl_attr_get_str(attrs[CTRL_ATTR_MCAST_GRP_NAME]),
			    names[i]))
			group_ids[i] = nl_u32(attrs[CTRL_ATTR_MCAST_GRP_ID]);
}

static void read_family(const struct nlmsghdr *nlh,
			const struct nlattr *const *attrs)
{
	const struct nlattr *group;

	(void)nlh;
	family = nl_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	if (attrs[CTRL_ATTR_MCAST_GROUPS])
		mnl_attr_for_each_nested(group, attrs[CTRL_ATTR_MCAST_GROUPS])
			read_group(group);
}

static void find_family(void)
{
	static const uint8_t types[CTRL_ATTR_MCAST_GROUPS + 1] = {
		[CTRL_ATTR_FAMILY_ID]	 = MNL_TYPE_U16,
		[CTRL_ATTR_MCAST_GROUPS] = MNL_TYPE_NESTED,
	};
	static const struct nl_reader reader = {
		CTRL_ATTR_MCAST_GROUPS, types, read_family,
	};
	_Alignas(struct nlmsghdr) char buf[64] = { 0 };
	struct nlmsghdr *nlh;

	sock_open();
	nlh = message(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	nlh->nlmsg_flags |= NLM_F_ACK;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KNAT_FAMILY_NAME);
	talk(nlh, &reader);
	if (!family)
		nl_odd_answer();
}

static bool ask(struct nlmsghdr *nlh, uint16_t flags,
		const struct nl_reader *reader)
{
	if (!family)
		find_family();
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags |= flags;
	return talk(nlh, reader);
}

static void (*collector)(const struct nlmsghdr *nlh);

void nl_collect(void (*with)(const struct nlmsghdr *nlh))
{
	collector = with;
}

bool nl_collects(void)
{
	return collector;
}

void nl_not_collected(const char *what)
{
	fail_usage("%s sets nothing up: it must be pool add, rule add, map add, fastpath add, config set or include",
		   what);
}

/* What is no change has no place where changes are collected. */
void nl_check_collected(void)
{
	if (collector)
		nl_not_collected("the command");
}

void nl_do(struct nlmsghdr *nlh)
{
	if (collector)
		collector(nlh);
	else
		ask(nlh, NLM_F_ACK, NULL);
}

void nl_do_long(struct nlmsghdr *nlh, void (*blamed)(uint32_t offset))
{
	if (!family)
		find_family();
	sock_room(nlh->nlmsg_len);
	blame = blamed;
	ask(nlh, NLM_F_ACK, NULL);
	blame = NULL;
}

struct nlmsghdr *nl_long_request(void *buf, uint8_t cmd)
{
	return message(buf, 0, cmd, KNAT_FAMILY_VERSION);
}

void nl_fetch(struct nlmsghdr *nlh, const struct nl_reader *reader)
{
	ask(nlh, NLM_F_ACK, reader);
}

bool nl_fetch_list(struct nlmsghdr *nlh, const struct nl_reader *reader)
{
	return !ask(nlh, NLM_F_DUMP, reader);
}

void nl_get(struct nlmsghdr *nlh, const struct nl_reader *reader)
{
	nl_check_collected();
	out_begin();
	ask(nlh, NLM_F_ACK, reader);
	out_end();
}

void nl_list(struct nlmsghdr *nlh, const struct nl_reader *reader)
{
	bool interrupted;

	nl_check_collected();
	out_begin();
	progress_begin_list(" entries");
	interrupted = ask(nlh, NLM_F_DUMP, reader);
	progress_end();
	out_end();
	if (interrupted) {
		fflush(stdout);
		fprintf(stderr, "Warning: the list changed while it was read; some entries may be missing or double\n");
	}
}

/* All events of a datagram. */
static void hear(int len, const struct nl_reader *reader)
{
	const struct nlmsghdr *nlh;

	for (nlh = (const void *)answer; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len))
		if (nlh->nlmsg_type == family)
			read_message(nlh, reader);
}

void nl_listen(uint32_t groups, const struct nl_reader *reader,
	       void (*overrun)(void))
{
	ssize_t len;
	int i;

	nl_check_collected();
	if (!family)
		find_family();
	for (i = 0; i < __KNAT_GROUP_MAX; i++) {
		if (!(groups & 1U << i))
			continue;
		if (!group_ids[i])
			nl_odd_answer();
		sock_join(group_ids[i]);
	}
	while ((len = sock_hear(answer, sizeof(answer)))) {
		if (len == SOCK_OVERRUN)
			overrun();
		else
			hear(len, reader);
		out_flush();
	}
}

uint8_t nl_u8(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u8(attr) : 0;
}

uint16_t nl_u16(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u16(attr) : 0;
}

uint32_t nl_u32(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

uint64_t nl_u64(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u64(attr) : 0;
}
