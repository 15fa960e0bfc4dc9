// SPDX-License-Identifier: GPL-2.0
/*
 * differ: connections of TCP that go by the book: a handshake, data and
 * acknowledgments of either side, FIN or RST.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "differ.h"

#define WINDOW	60000

enum { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32, E = 64, C = 128 };

/* Phases of a connection; from OPEN on all that is left is seen in flow. */
enum { SYN, SYN_ACK, ACK, OPEN };

void tcp_start(struct flow *flow)
{
	any_bytes((uint8_t *)flow->next, sizeof(flow->next));
	memcpy(flow->acked, flow->next, sizeof(flow->acked));
}

static enum side client(const struct flow *flow)
{
	return flow->forward ? OUTSIDE : INSIDE;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* The header, with a time stamp at times: its length */
static size_t header(struct step *step, uint8_t flags)
{
	struct flow *flow = step->flow;
	enum side from = step->from;
	uint8_t *l4 = step->l4;
	size_t len = 20;

	put32(l4 + 4, flow->next[from]);
	if (flags & A)
		put32(l4 + 8, flow->next[!from]);
	l4[13] = flags;
	put16(l4 + 14, WINDOW);
	if (flags & S) {
		put32(l4 + len, 0x02040000 | (536 + rnd(930)));
		len += 4;
		if (one_in(2)) {
			put32(l4 + len, 0x01010402);
			len += 4;
		}
	}
	if (one_in(2)) {
		put32(l4 + len, 0x0101080a);
		any_bytes(l4 + len + 4, 8);
		len += 12;
	}
	l4[12] = len / 4 << 4;
	return len;
}

/* How much a side may send */
static unsigned int room(const struct flow *flow, enum side from)
{
	return WINDOW - (flow->next[from] - flow->acked[from]);
}

static void data(struct step *step)
{
	unsigned int len = one_in(3) ? 0 : one_in(2) ? rnd(64) : rnd(1400), most;
	size_t at;

	/* All that the other side has sent is acknowledged by this. */
	at = header(step, A | (one_in(2) ? P : 0));
	if (one_in(30)) {
		step->l4[13] |= U;
		put16(step->l4 + 18, rnd(20));
	}
	if (one_in(20))
		step->l4[13] |= rnd(4) << 6;
	if (one_in(6)) {
		step->gso_size = 200 + rnd(1260 - at);
		len = step->gso_size * (1 + rnd(20)) + 1 +
		      rnd(step->gso_size);
		step->sorts[SORT_GSO_TCP] = true;
	}
	most = room(step->flow, step->from);
	if (len > most)
		len = most;
	if (len <= step->gso_size) {
		step->gso_size = 0;
		step->sorts[SORT_GSO_TCP] = false;
	}
	step->l4_len = at + any_bytes(step->l4 + at, len);
}

static void closing(struct step *step)
{
	/* A reset is where the other side expects it. */
	if (one_in(3) && !step->flow->fin[step->from]) {
		step->l4_len = header(step, R | A);
		step->sorts[SORT_TCP_RST] = true;
		return;
	}
	step->l4_len = header(step, F | A);
	step->sorts[SORT_TCP_FIN] = true;
}

void tcp_next(struct step *step)
{
	struct flow *flow = step->flow;
	enum side first = client(flow);

	switch (flow->phase) {
	case SYN:
		step->from = first;
		step->l4_len = header(step, S | (one_in(4) ? E | C : 0));
		step->sorts[SORT_TCP_SYN] = true;
		break;
	case SYN_ACK:
		step->from = !first;
		step->l4_len = header(step, S | A | (one_in(4) ? E : 0));
		step->sorts[SORT_TCP_SYN] = true;
		break;
	case ACK:
		step->from = first;
		step->l4_len = header(step, A);
		break;
	default:
		step->from = rnd(SIDES);
		if (flow->fin[INSIDE] && flow->fin[OUTSIDE]) {
			/* The last acknowledgment */
			step->from = flow->acked[INSIDE] == flow->next[INSIDE] ?
				     INSIDE : OUTSIDE;
			step->l4_len = header(step, A);
		} else if (flow->fin[step->from]) {
			/* Who has closed can still acknowledge. */
			step->l4_len = header(step, A);
		} else if (flow->fin[!step->from] ? one_in(3) : one_in(12)) {
			closing(step);
		} else {
			data(step);
		}
	}
	step->sorts[SORT_TCP] = true;
}

/* It arrived. */
void tcp_done(const struct step *step)
{
	struct flow *flow = step->flow;
	uint8_t flags = step->l4[13];
	enum side from = step->from;

	if (flow->phase < OPEN)
		flow->phase++;
	flow->next[from] += step->l4_len - (step->l4[12] >> 4) * 4;
	if (flags & (F | S))
		flow->next[from]++;
	if (flags & A)
		flow->acked[!from] = flow->next[!from];
	if (flags & F)
		flow->fin[from] = true;
	if (flags & R || (flow->fin[INSIDE] && flow->fin[OUTSIDE] &&
			  flow->acked[INSIDE] == flow->next[INSIDE] &&
			  flow->acked[OUTSIDE] == flow->next[OUTSIDE]))
		flow->over = true;
}
