/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of natctl: netlink messages made by hand, without libmnl. */
#ifndef NATCTL_TESTS_WIRE_H
#define NATCTL_TESTS_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* The family's number in the tests. */
#define FAMILY	0x2a

/**
 * struct wire - datagrams
 * @bytes: one behind the other
 * @len: how many bytes there are
 * @ends: where each datagram ends
 * @nr_ends: how many there are; what is behind the last end is one more
 * @message: where the last message begins
 */
struct wire {
	_Alignas(8) unsigned char	bytes[65536];
	size_t				len;
	size_t				ends[64];
	int				nr_ends;
	size_t				message;
};

void wire_clear(struct wire *wire);
/* What follows is in another datagram. */
void wire_cut(struct wire *wire);

/* A message of any type, one of the family, and their payload. */
void wire_message(struct wire *wire, uint16_t type, uint16_t flags);
void wire_genl(struct wire *wire, uint16_t type, uint16_t flags, uint8_t cmd);
void wire_put(struct wire *wire, const void *data, size_t len);
void wire_attr(struct wire *wire, int attr, const void *data, size_t len);
void wire_u8(struct wire *wire, int attr, uint8_t value);
void wire_u16(struct wire *wire, int attr, uint16_t value);
void wire_u32(struct wire *wire, int attr, uint32_t value);
void wire_u64(struct wire *wire, int attr, uint64_t value);
void wire_string(struct wire *wire, int attr, const char *value);
/* "192.0.2.1" */
void wire_addr(struct wire *wire, int attr, const char *value);
/* The place of a nest, for its end. */
size_t wire_nest(struct wire *wire, int attr);
void wire_nest_end(struct wire *wire, size_t nest);

/* The ends of answers: NLMSG_ERROR or NLMSG_DONE with an errno, and what extack
 * says if @text is not NULL.
 */
void wire_ack(struct wire *wire);
void wire_refusal(struct wire *wire, int err, const char *text);
void wire_done(struct wire *wire, int err, const char *text);

#endif /* NATCTL_TESTS_WIRE_H */
