// SPDX-License-Identifier: GPL-2.0
/*
 * differ: the same valid packets through knat and through nf_nat; what all must
 * agree on is compared.
 *
 *   usage: differ SEED COUNT
 *
 * Everything follows from the seed. Ends with status 1 at the first packet that
 * the two do not agree on or that gets lost, and if a sort of packets was missing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differ.h"

uint64_t random_state;

static struct {
	unsigned long sent, through, told;
} totals[SORT_COUNT], all;

static const char *const texts[] = {
#define X(name, text) text,
	SORTS(X)
#undef X
};

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("differ: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static void account(struct step *step, const struct outcome *outcome)
{
	const struct flow *flow = step->flow;
	bool through = outcome->at[KNAT][!step->from].count;
	bool told = outcome->at[KNAT][step->from].count;
	int i;

	step->sorts[SORT_MOVED] = flow && flow->proto != GRE &&
				  flow->out_port[KNAT] != flow->in_port &&
				  flow->out_port[KNAT];
	for (i = 0; i < SORT_COUNT; i++) {
		if (!step->sorts[i])
			continue;
		totals[i].sent++;
		totals[i].through += through;
		totals[i].told += told;
	}
	all.sent++;
	all.through += through;
	all.told += told;
}

/* The totals, and whether there was something of each sort */
static bool report(const struct able *able)
{
	bool enough = true;
	int i;

	printf("differ: %lu packets, %lu came through, %lu were answered by the gateway\n",
	       all.sent, all.through, all.told);
	for (i = 0; i < SORT_COUNT; i++) {
		printf("  %-40s %7lu sent %7lu through %7lu answered\n",
		       texts[i], totals[i].sent, totals[i].through,
		       totals[i].told);
		if ((i == SORT_GSO_UDP && !able->gso_udp) ||
		    (i == SORT_UDPLITE && !able->udplite) ||
		    (i == SORT_SCTP && !able->sctp))
			continue;
		if (!totals[i].through && !totals[i].told) {
			printf("differ: nothing was sent of: %s\n", texts[i]);
			enough = false;
		}
	}
	return enough;
}

int main(int argc, char **argv)
{
	static struct outcome outcome;
	static struct step step;
	unsigned long i, count;
	const char *bad;
	struct able able;

	if (argc != 3) {
		fprintf(stderr, "usage: differ SEED COUNT\n");
		return 2;
	}
	random_seed(strtoull(argv[1], NULL, 0));
	count = strtoul(argv[2], NULL, 0);
	settle_init();
	wire_open("differ-hosts");
	able_find(&able);
	stream_start(&able);
	for (i = 1; i <= count; i++) {
		stream_next(&step);
		wire_step(&step, &outcome);
		bad = compare(&step, &outcome);
		if (bad) {
			printf("differ: seed %s, packet %lu: %s\n", argv[1], i,
			       bad);
			outcome_print(&step, &outcome);
			return 1;
		}
		stream_done(&step, &outcome);
		account(&step, &outcome);
	}
	if (!known_differences(&able))
		return 1;
	return !report(&able);
}
