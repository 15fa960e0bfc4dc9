// SPDX-License-Identifier: GPL-2.0
/* differ: associations of SCTP that go by the book. */
#include <string.h>

#include "differ.h"

#define COMMON	12	/* bytes of the header before the chunks */

enum chunk {
	DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN,
	SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE = 14,
};

/* Who says what, to begin and to end */
static const struct {
	enum chunk	chunk;
	bool		client;
} script[] = {
	{ INIT, true },
	{ INIT_ACK, false },
	{ COOKIE_ECHO, true },
	{ COOKIE_ACK, false },
#define OPEN	4U
	{ SHUTDOWN, true },
	{ SHUTDOWN_ACK, false },
	{ SHUTDOWN_COMPLETE, true },
#define OVER	7U
};

void sctp_start(struct flow *flow)
{
	do {
		any_bytes((uint8_t *)flow->tag, sizeof(flow->tag));
	} while (!flow->tag[INSIDE] || !flow->tag[OUTSIDE]);
}

/* Puts a chunk with a value of @len bytes at the end. */
static uint8_t *add_chunk(struct step *step, enum chunk chunk, size_t len)
{
	uint8_t *at = step->l4 + step->l4_len;

	at[0] = chunk;
	put16(at + 2, 4 + len);
	any_bytes(at + 4, len);
	step->l4_len += (4 + len + 3) & ~3;
	return at + 4;
}

void sctp_next(struct step *step)
{
	struct flow *flow = step->flow;
	bool open = flow->phase == OPEN && !one_in(8);
	enum chunk chunk = script[flow->phase].chunk;
	uint8_t *value;

	step->l4_len = COMMON;
	if (open) {
		step->from = rnd(SIDES);
		/* The tag is the one that the receiver chose. */
		memcpy(step->l4 + 4, &flow->tag[!step->from], 4);
		if (one_in(2))
			add_chunk(step, SACK, 12);
		add_chunk(step, DATA, 13 + rnd(one_in(4) ? 1200 : 80));
		step->sorts[SORT_SCTP] = true;
		return;
	}
	step->from = script[flow->phase].client ? INSIDE : OUTSIDE;
	if (chunk != INIT)
		memcpy(step->l4 + 4, &flow->tag[!step->from], 4);
	switch (chunk) {
	case INIT:
	case INIT_ACK:
		value = add_chunk(step, chunk, 16);
		memcpy(value, &flow->tag[step->from], 4);
		break;
	case COOKIE_ECHO:
		add_chunk(step, chunk, 8 + rnd(200));
		break;
	case SHUTDOWN:
		add_chunk(step, chunk, 4);
		break;
	default:
		add_chunk(step, chunk, 0);
	}
	step->sorts[SORT_SCTP] = true;
}

/* It arrived. */
void sctp_done(const struct step *step)
{
	struct flow *flow = step->flow;

	if (step->l4[COMMON] == script[flow->phase].chunk)
		flow->phase++;
	if (flow->phase == OVER)
		flow->over = true;
}
