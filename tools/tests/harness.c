// SPDX-License-Identifier: GPL-2.0
/* Tests of natctl: the child process, and the kernel that it talks to. */
#define _GNU_SOURCE
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness.h"
#include "knat.h"
#include "natctl.h"
#include "sock.h"

#define REPEATED	1000

struct wire reply;
int reply_to, reply_repeat, overrun_at;
bool module_missing;
const char *input;

char *out, *err;
int status;
long memory;
struct sent *sent;

static int tests, failed;

/* --- the kernel --- */

static struct wire answer;
static int next_datagram, repeated;
static uint32_t answer_seq;

void sock_netns(const char *name)
{
	fprintf(stderr, "netns %s\n", name);
}

void sock_open(void)
{
}

void sock_room(size_t len)
{
	(void)len;
}

/* In another order than the header's. */
static void answer_groups(void)
{
	static const char *const names[] = { "limits", "mappings", "sessions" };
	size_t all = wire_nest(&answer, CTRL_ATTR_MCAST_GROUPS), one;
	int i;

	for (i = 0; i < 3; i++) {
		one = wire_nest(&answer, i + 1);
		wire_u32(&answer, CTRL_ATTR_MCAST_GRP_ID, 40 + i);
		wire_string(&answer, CTRL_ATTR_MCAST_GRP_NAME, names[i]);
		wire_nest_end(&answer, one);
	}
	wire_nest_end(&answer, all);
}

/* Only a request that is right to the last byte counts. */
static void find_family(const void *request, size_t len)
{
	static struct wire want;

	wire_genl(&want, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK,
		  CTRL_CMD_GETFAMILY);
	wire_string(&want, CTRL_ATTR_FAMILY_NAME, KNAT_FAMILY_NAME);
	((struct nlmsghdr *)want.bytes)->nlmsg_seq = answer_seq;
	sent->lookups += len == want.len && !memcmp(request, want.bytes, len);
	if (module_missing) {
		wire_refusal(&answer, 2, NULL);
		return;
	}
	wire_genl(&answer, GENL_ID_CTRL, 0, CTRL_CMD_NEWFAMILY);
	wire_u16(&answer, CTRL_ATTR_FAMILY_ID, FAMILY);
	wire_string(&answer, CTRL_ATTR_FAMILY_NAME, KNAT_FAMILY_NAME);
	answer_groups();
	wire_cut(&answer);
	wire_ack(&answer);
}

void sock_send(const void *message, size_t len)
{
	const struct nlmsghdr *nlh = message;

	wire_clear(&answer);
	next_datagram = 0;
	answer_seq = nlh->nlmsg_seq;
	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		find_family(message, len);
		return;
	}
	sent->requests++;
	sent->len = len;
	memcpy(sent->bytes, message, len);
	repeated = reply_repeat;
	if (reply.len && (!reply_to || reply_to == sent->requests))
		answer = reply;
	else
		wire_ack(&answer);
}

/* The first message of the answer, many times. */
static size_t repeat(unsigned char *buf, size_t size)
{
	size_t len = ((struct nlmsghdr *)answer.bytes)->nlmsg_len, used = 0;
	int i;

	len = NLMSG_ALIGN(len);
	for (i = 0; i < REPEATED && used + len <= size; i++, used += len)
		memcpy(buf + used, answer.bytes, len);
	return used;
}

size_t sock_receive(void *buf, size_t size)
{
	size_t from, to, at;

	if (repeated) {
		repeated--;
		to = repeat(buf, size);
	} else {
		from = next_datagram ? answer.ends[next_datagram - 1] : 0;
		to = next_datagram < answer.nr_ends ?
		     answer.ends[next_datagram] : answer.len;
		if (from == answer.len) {
			fprintf(stderr, "natctl waits for ever\n");
			exit(99);
		}
		next_datagram++;
		to -= from;
		memcpy(buf, answer.bytes + from, to);
	}
	for (at = 0; at + sizeof(struct nlmsghdr) <= to;) {
		struct nlmsghdr *nlh = (void *)((unsigned char *)buf + at);

		if (!nlh->nlmsg_seq)
			nlh->nlmsg_seq = answer_seq;
		if (nlh->nlmsg_len < sizeof(*nlh))
			break;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return to;
}

void sock_join(uint32_t group)
{
	sent->joined |= 1U << (group - 40);
	answer = reply;
	next_datagram = 0;
}

/* The datagrams of the reply, and then the end. */
ssize_t sock_hear(void *buf, size_t size)
{
	if (overrun_at == next_datagram + 1) {
		overrun_at = 0;
		return SOCK_OVERRUN;
	}
	if (next_datagram > answer.nr_ends ||
	    (next_datagram ? answer.ends[next_datagram - 1] : 0) == answer.len)
		return 0;
	return sock_receive(buf, size);
}

/* --- the child --- */

static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc(size + 1);

	if (!text || pread(fd, text, size, 0) != size)
		abort();
	text[size] = 0;
	close(fd);
	return text;
}

static void child(const char *const *words)
{
	char *argv[64];
	int argc;

	/* Words may be changed, and an overrun of one must be seen. */
	for (argc = 0; words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	argv[argc] = NULL;
	status = natctl(argc, argv);
	while (argc)
		free(argv[--argc]);
	exit(status);
}

void run_words(const char *const *words)
{
	int out_fd = memfd_create("out", 0), err_fd = memfd_create("err", 0);
	int in_fd = memfd_create("in", 0);
	struct rusage usage;
	pid_t pid;

	free(out);
	free(err);
	memset(sent, 0, sizeof(*sent));
	if (input && write(in_fd, input, strlen(input)) < 0)
		abort();
	lseek(in_fd, 0, SEEK_SET);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		dup2(in_fd, 0);
		dup2(out_fd, 1);
		dup2(err_fd, 2);
		child(words);
	}
	wait4(pid, &status, 0, &usage);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	memory = usage.ru_maxrss;
	close(in_fd);
	out = read_all(out_fd);
	err = read_all(err_fd);
}

void fresh(void)
{
	if (!sent) {
		sent = mmap(NULL, sizeof(*sent), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (sent == MAP_FAILED)
			abort();
	}
	wire_clear(&reply);
	reply_to = 0;
	reply_repeat = 0;
	overrun_at = 0;
	module_missing = false;
	input = NULL;
}

/* --- verdicts --- */

void ok(bool good, const char *name)
{
	failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
}

static void say(const char *what, const char *text)
{
	size_t len;

	printf("# %s\n", what);
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("#   %.*s\n", (int)len, text);
	}
}

void is(const char *got, const char *expected, const char *name)
{
	bool good = !strcmp(got, expected);

	ok(good, name);
	if (!good) {
		say("expected:", expected);
		say("seen:", got);
		say("standard error:", err);
	}
}

void is_number(long got, long expected, const char *name)
{
	ok(got == expected, name);
	if (got != expected) {
		printf("# expected %ld, seen %ld\n", expected, got);
		say("standard error:", err);
	}
}

static void dump(const char *what, const unsigned char *bytes, size_t len)
{
	size_t i;

	printf("# %s", what);
	for (i = 0; i < len; i++)
		printf("%s%02x", i % 32 ? i % 4 ? "" : " " : "\n#   ", bytes[i]);
	printf("\n");
}

void is_sent(const struct wire *want, const char *name)
{
	struct nlmsghdr *nlh = (void *)sent->bytes;
	bool good;

	nlh->nlmsg_seq = 0;
	nlh->nlmsg_pid = 0;
	good = sent->requests && sent->len == want->len &&
	       !memcmp(sent->bytes, want->bytes, want->len);
	ok(good, name);
	if (!good) {
		dump("expected:", want->bytes, want->len);
		dump("sent:", sent->bytes, sent->len);
		say("standard error:", err);
	}
}

int done(void)
{
	printf("1..%d\n", tests);
	free(out);
	free(err);
	return failed > 0;
}
