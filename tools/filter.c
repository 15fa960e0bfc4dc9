// SPDX-License-Identifier: GPL-2.0
/* natctl: filters of mappings and sessions. */
#include <stdio.h>
#include "addr.h"
#include "error.h"
#include "filter.h"

void filter_check_addr(uint32_t addr, const char *word)
{
	if (!addr)
		fail_usage("%s is not an address of anything: leave the filter out to match all",
			   said(word));
}

void filter_put_end(struct words *words, struct nlmsghdr *nlh, const char *word,
		    int attr_addr, int attr_port)
{
	struct end end;
	char what[48];

	snprintf(what, sizeof(what), "the address behind \"%s\"", word);
	word = word_need(words, what);
	end_read(word, &end);
	if (end.len >= 0 || end.last != end.port)
		fail_usage("%s cannot be a filter: it must be one address, or one address and one port",
			   said(word));
	filter_check_addr(end.addr, word);
	nl_put_u32(nlh, attr_addr, end.addr);
	if (end.port)
		nl_put_u16(nlh, attr_port, end.port);
}
