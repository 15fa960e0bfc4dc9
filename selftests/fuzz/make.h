/* SPDX-License-Identifier: GPL-2.0 */
/* IP packets in the buffer of the caller. */
#ifndef FUZZ_MAKE_H
#define FUZZ_MAKE_H

#include <stdint.h>

extern uint8_t own_net[3], far_net[3], gw_addr[4];

/* Of 16-bit words, folded */
uint32_t sum(const uint8_t *p, int len, uint32_t start);
/* Makes the checksum of the header right, or that of the transport. */
void fix_ip(uint8_t *p);
void fix_payload(uint8_t *p, int len);

/* A packet, @depth of which it is quoted in: its length */
int make_ip(uint8_t *p, int depth);
/* Another one, or one of those before: a flow is to go on without an answer. */
int make_again(uint8_t *p);
/* An answer to what arrived, or an error about it */
int make_answer(uint8_t *p);

#endif /* FUZZ_MAKE_H */
