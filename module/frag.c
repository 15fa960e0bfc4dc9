// SPDX-License-Identifier: GPL-2.0
/* knat: fragments are put together, and a flood of them is held back. */
#include <linux/netfilter_bridge.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/inet_frag.h>
#include <net/ip.h>
#include "bridge.h"
#include "frag.h"
#include "net.h"
#include "trace.h"

#define FRAG_DATAGRAMS	1024
#define FRAG_SOURCES	256
/* Of the memory for all fragments, what one source may have when it is short. */
#define FRAG_SHARE	16

/**
 * struct frag_datagram - one whose fragments have come in order so far
 * @tag: which one, 0 for none
 * @next: where the next fragment begins, in units of eight bytes
 * @bytes: what its source was charged for it
 */
struct frag_datagram {
	u32	tag;
	u32	next;
	u32	bytes;
};

/**
 * struct frag_source - the sources of one hash value
 * @since: jiffies when counting began
 * @bytes: charged for what is incomplete
 */
struct frag_source {
	unsigned long	since;
	unsigned long	bytes;
};

/**
 * struct knat_frags - the fragments of a namespace
 * @lock: softirq off; all of it
 * @key: of the hashes
 * @sources: by hash of the source
 * @datagrams: by hash of what fragments of one datagram have in common; the
 *	later one takes the place
 */
struct knat_frags {
	spinlock_t		lock;	/* the tables */
	siphash_key_t		key;
	struct frag_source	sources[FRAG_SOURCES];
	struct frag_datagram	datagrams[FRAG_DATAGRAMS];
};

int knat_frags_init(struct knat_net *kn)
{
	struct knat_frags *frags;

	frags = kvzalloc(sizeof(*frags), GFP_KERNEL_ACCOUNT);
	if (!frags)
		return -ENOMEM;
	spin_lock_init(&frags->lock);
	get_random_bytes(&frags->key, sizeof(frags->key));
	kn->frags = frags;
	return 0;
}

void knat_frags_exit(struct knat_net *kn)
{
	kvfree(kn->frags);
	kn->frags = NULL;
}

/* Charge the source for one more fragment, unless its share is used up. */
static bool frag_charge(const struct fqdir *fqdir, struct frag_source *source,
			u32 bytes)
{
	/* What was not completed by then is no more. */
	if (jiffies - source->since > READ_ONCE(fqdir->timeout)) {
		source->since = jiffies;
		source->bytes = 0;
	}
	if (source->bytes + bytes > READ_ONCE(fqdir->high_thresh) / FRAG_SHARE)
		return false;
	source->bytes += bytes;
	return true;
}

/* Take a note of a fragment: may it wait for the others? */
static bool frag_admit(struct knat_frags *frags, const struct sk_buff *skb,
		       const struct fqdir *fqdir)
{
	bool scarce = frag_mem_limit(fqdir) >
		      READ_ONCE(fqdir->high_thresh) / 2;
	const struct iphdr *iph = ip_hdr(skb);
	u32 place = be16_to_cpu(iph->frag_off) & IP_OFFSET;
	u32 len = (be16_to_cpu(iph->tot_len) - iph->ihl * 4) / 8;
	u32 bytes = scarce ? skb->truesize : 0;
	struct frag_datagram *datagram;
	struct frag_source *source;
	u64 hash;
	u32 tag;

	source = &frags->sources[siphash_1u32((__force u32)iph->saddr,
					      &frags->key) % FRAG_SOURCES];
	hash = siphash_3u32((__force u32)iph->saddr, (__force u32)iph->daddr,
			    (__force u16)iph->id << 8 | iph->protocol,
			    &frags->key);
	datagram = &frags->datagrams[hash % FRAG_DATAGRAMS];
	tag = hash >> 32 ?: 1;

	if (place && (datagram->tag != tag || datagram->next != place))
		return !scarce;
	if (bytes && !frag_charge(fqdir, source, bytes))
		return false;
	if (!place) {
		datagram->tag = tag;
		datagram->bytes = 0;
	}
	datagram->next = place + len;
	datagram->bytes += bytes;
	if (!(iph->frag_off & htons(IP_MF))) {
		datagram->tag = 0;
		source->bytes -= min_t(unsigned long, source->bytes,
				       datagram->bytes);
	}
	return true;
}

static u32 frag_user(const struct sk_buff *skb,
		     const struct nf_hook_state *state)
{
	if (state->hook == NF_INET_LOCAL_OUT)
		return IP_DEFRAG_CONNTRACK_OUT;
	/* What a bridge sees goes on to another port, or comes again. */
	return nf_bridge_in_prerouting(skb) ? IP_DEFRAG_CONNTRACK_BRIDGE_IN :
					      IP_DEFRAG_CONNTRACK_IN;
}

unsigned int knat_hook_frag(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct knat_net *kn = priv;
	bool admitted;
	int err;

	if (likely(!ip_is_fragment(ip_hdr(skb))))
		return NF_ACCEPT;
	if (nf_bridge_in_prerouting(skb) && knat_bridge_goes_by(skb))
		return NF_ACCEPT;
	local_bh_disable();
	spin_lock(&kn->frags->lock);
	admitted = frag_admit(kn->frags, skb, state->net->ipv4.fqdir);
	spin_unlock(&kn->frags->lock);
	if (!admitted) {
		local_bh_enable();
		knat_count(kn, DROP_FRAGMENT);
		trace_knat_drop(kn, skb, KNAT_COUNTER_DROP_FRAGMENT);
		return NF_DROP;
	}
	err = ip_defrag(state->net, skb, frag_user(skb, state));
	local_bh_enable();
	if (err)
		return NF_STOLEN;
	/* Of those that may not be fragmented further the stack remembers that,
	 * but says so in fragments that it makes, not in those that it finds in
	 * a list (RFC 6864 section 4.3). Without memory they go without.
	 */
	if (unlikely(IPCB(skb)->flags & IPSKB_FRAG_PMTU))
		skb_linearize(skb);
	skb->ignore_df = 1;
	return NF_ACCEPT;
}
