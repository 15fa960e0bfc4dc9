/* SPDX-License-Identifier: GPL-2.0 */
/* What stands before an IP packet: Ethernet, tags of VLANs, a session of PPPoE. */
#ifndef FUZZ_HEAD_H
#define FUZZ_HEAD_H

#include <stdint.h>

#define HEAD_MAX	48

/* Those that the gateway has devices for: see topology */
enum head_sort { SORT_PLAIN, SORT_VLAN, SORT_QINQ, SORT_PPPOE, SORTS };

extern const char *const sort_names[SORTS];

/**
 * struct head - the headers of a frame
 * @len: of them all; what follows them is IP
 * @length_at: where the length of PPPoE is, 0 if it is not to be right
 * @cut: so much of the frame is sent, 0 for all
 */
struct head {
	uint8_t	bytes[HEAD_MAX];
	int	len;
	int	length_at;
	int	cut;
};

/* One in four tagged ones is not as it should be. */
void head_make(struct head *h, enum head_sort sort, const uint8_t *to,
	       const uint8_t *from);
/* Puts it before the packet at @ip, and returns the length of the frame. */
int head_put(const struct head *h, uint8_t *ip, int len);

#endif /* FUZZ_HEAD_H */
