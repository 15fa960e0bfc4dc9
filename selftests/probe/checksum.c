// SPDX-License-Identifier: GPL-2.0
/* The Internet checksum, plainly. */
#include <string.h>

#include "probe.h"

uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint16_t word;

	for (; len > 1; len -= 2, p += 2) {
		memcpy(&word, p, 2);
		sum += word;
		if (sum & 0x80000000)
			sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len) {
		word = 0;
		memcpy(&word, p, 1);
		sum += word;
	}
	return sum;
}

uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint32_t sum_pseudo(const void *src, const void *dst, uint8_t proto, size_t len)
{
	uint32_t sum;

	sum = sum_add(0, src, 4);
	sum = sum_add(sum, dst, 4);
	return sum + htons(proto) + htons(len);
}
