/* SPDX-License-Identifier: GPL-2.0 */
/*
 * knat: the hash table of mappings and sessions.
 *
 * A bucket is one cache line: seven slots, each a pointer with six bits of the
 * hash in its low bits, and the head of a chain for what finds no slot. So a
 * look-up reads the line of the bucket and that of its own entry, and another
 * one for every 63rd entry that it passes.
 *
 * The highest bits of the hash choose the bucket: walks go in order of the
 * hash, whatever the size. When a table is too full or too empty, a worker
 * hangs one of another size on it (@next), where new entries go at once, and
 * moves the old ones over, bucket by bucket: who does not find an entry in the
 * old one looks in the new one.
 *
 * Readers hold rcu_read_lock(). Writers take the lock of the bucket, bit 0 of
 * the chain's head, with softirq off; of two, that of the old table first.
 * Entries are aligned to 64 bytes and freed a grace period after removal.
 */
#ifndef _KNAT_TABLE_H
#define _KNAT_TABLE_H

#include <linux/bit_spinlock.h>
#include <linux/bottom_half.h>
#include <linux/mutex.h>
#include <linux/percpu_counter.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#define KNAT_BUCKET_SLOTS	7
#define KNAT_TAG_MASK		63UL
#define KNAT_BUCKET_LOCK	0

/**
 * struct knat_bucket - a cache line
 * @slot: entry | tag, or 0
 * @chain: first entry of the chain; bit 0 is the lock
 */
struct knat_bucket {
	unsigned long	slot[KNAT_BUCKET_SLOTS];
	unsigned long	chain;
};

/**
 * struct knat_buckets - the buckets of one size
 * @next: those that replace them
 * @bucket: they, in memory of their own: a power of two in size, and aligned
 * @shift: 64 less the logarithm of their number
 */
struct knat_buckets {
	struct knat_buckets __rcu	*next;
	struct knat_bucket		*bucket;
	u8				shift;
};

struct knat_table;

/**
 * struct knat_table_type - what a table holds
 * @hash: of an entry
 * @link: offset of the pointer in an entry that the chain uses
 */
struct knat_table_type {
	u64	(*hash)(const struct knat_table *table, const void *entry);
	size_t	link;
};

/**
 * struct knat_table - a table
 * @buckets: see above
 * @key: random, of the hash function
 * @type: what it holds
 * @nr: number of entries
 * @checked: jiffies when an insertion last asked for @resize
 * @resize: the worker
 * @mutex: held while the size changes, and by walks (process context)
 */
struct knat_table {
	struct knat_buckets __rcu	*buckets;
	u64				key[2];
	const struct knat_table_type	*type;
	unsigned long			checked;
	struct percpu_counter		nr;
	struct work_struct		resize;
	struct mutex			mutex;	/* changes of size */
};

/**
 * struct knat_table_cursor - where a walk goes on
 * @hash: entries with a lower hash have been met
 * @done: there is nothing more
 */
struct knat_table_cursor {
	u64	hash;
	bool	done;
};

int knat_table_init(struct knat_table *table,
		    const struct knat_table_type *type);
void knat_table_exit(struct knat_table *table);

/* Look whether the size still suits (process context, once a second). */
void knat_table_check(struct knat_table *table);
/* An insertion has found its bucket full. */
void knat_table_crowded(struct knat_table *table);

/* Call @fn for the entries from @cursor on, under rcu_read_lock(), until it
 * returns something else than 0, which is returned; the walk will go on with
 * that entry. Entries that are there all the time are met once, in the order of
 * their hashes, whatever the size of the table becomes between two calls.
 */
int knat_table_walk(struct knat_table *table, struct knat_table_cursor *cursor,
		    int (*fn)(void *entry, void *arg), void *arg);

static inline s64 knat_table_count(struct knat_table *table)
{
	return percpu_counter_sum_positive(&table->nr);
}

/* Are there @max entries, exactly? */
static inline bool knat_table_full(struct knat_table *table, u32 max)
{
	return percpu_counter_compare(&table->nr, max) >= 0;
}

/* Two words to a hash: a product with secret factors, high and low half
 * folded, then multiplied once more for the highest bits.
 */
static inline u64 knat_table_hash(const struct knat_table *table, u64 a, u64 b)
{
	u64 x = a ^ table->key[0], y = b ^ table->key[1];

	return (x * y ^ mul_u64_u64_shr(x, y, 64)) * 0x9e3779b97f4a7c15ULL;
}

static inline unsigned long knat_table_tag(u64 hash)
{
	return (hash >> 24 & KNAT_TAG_MASK) ?: 1;
}

static inline struct knat_bucket *
knat_table_bucket(const struct knat_buckets *buckets, u64 hash)
{
	return &buckets->bucket[hash >> (buckets->shift & 63)];
}

static __always_inline void knat_bucket_prefetch(const void *bucket, bool write)
{
	if (write)
		prefetchw(bucket);
	else
		prefetch(bucket);
}

static __always_inline void
knat_table_fetch(const struct knat_table *table, u64 hash, bool write)
{
	const struct knat_buckets *buckets = rcu_dereference(table->buckets);
	const struct knat_buckets *next = rcu_dereference(buckets->next);

	knat_bucket_prefetch(knat_table_bucket(buckets, hash), write);
	if (unlikely(next))
		knat_bucket_prefetch(knat_table_bucket(next, hash), write);
}

/* The lines of a look-up that will follow. */
static inline void knat_table_prefetch(const struct knat_table *table, u64 hash)
{
	knat_table_fetch(table, hash, false);
}

/* The same before an insertion. */
static inline void knat_table_prefetchw(const struct knat_table *table,
					u64 hash)
{
	knat_table_fetch(table, hash, true);
}

/* Whether slot @n has @tag, as bit @n */
static __always_inline u32 knat_slot_tagged(const struct knat_bucket *bucket,
					    unsigned int n, unsigned long tag)
{
	/* An index would be checked, where the kernel has that. */
	const unsigned long *slot = bucket->slot;

	return (u32)!((READ_ONCE(*(slot + n)) - tag) & KNAT_TAG_MASK) << n;
}

/* The slots that have @tag. All are looked at, without a branch: which of them
 * it will be is beyond prediction.
 */
static __always_inline u32 knat_bucket_tagged(const struct knat_bucket *bucket,
					      unsigned long tag)
{
	static_assert(KNAT_BUCKET_SLOTS == 7);
	return knat_slot_tagged(bucket, 0, tag) |
	       knat_slot_tagged(bucket, 1, tag) |
	       knat_slot_tagged(bucket, 2, tag) |
	       knat_slot_tagged(bucket, 3, tag) |
	       knat_slot_tagged(bucket, 4, tag) |
	       knat_slot_tagged(bucket, 5, tag) |
	       knat_slot_tagged(bucket, 6, tag);
}

static __always_inline void *
knat_bucket_find(const struct knat_bucket *bucket, unsigned long tag,
		 size_t link, bool (*match)(const void *entry, const void *key),
		 const void *key)
{
	u32 tagged = knat_bucket_tagged(bucket, tag);
	const unsigned long *slot = bucket->slot;
	unsigned long word;
	void *entry;

	for (; tagged; tagged &= tagged - 1) {
		word = READ_ONCE(*(slot + __ffs(tagged))) - tag;
		entry = (void *)word;
		/* Meanwhile it may be another's slot. */
		if (likely(!(word & KNAT_TAG_MASK)) && likely(match(entry, key)))
			return entry;
	}
	entry = (void *)(READ_ONCE(bucket->chain) & ~BIT(KNAT_BUCKET_LOCK));
	while (unlikely(entry)) {
		if (match(entry, key))
			return entry;
		entry = READ_ONCE(*(void **)(entry + link));
	}
	return NULL;
}

/* The entry that @match knows by @key, or NULL. */
static __always_inline void *
knat_table_find(const struct knat_table *table, u64 hash, size_t link,
		bool (*match)(const void *entry, const void *key),
		const void *key)
{
	const struct knat_buckets *buckets = rcu_dereference(table->buckets);
	unsigned long tag = knat_table_tag(hash);
	void *entry;

	do {
		entry = knat_bucket_find(knat_table_bucket(buckets, hash), tag,
					 link, match, key);
		if (likely(entry))
			return entry;
		/* Pairs with smp_wmb() in bucket_move(): what has left this
		 * one is in the next.
		 */
		smp_rmb();
		buckets = rcu_dereference(buckets->next);
	} while (unlikely(buckets));
	return NULL;
}

static inline void knat_bucket_lock(struct knat_bucket *bucket)
{
	bit_spin_lock(KNAT_BUCKET_LOCK, &bucket->chain);
}

static inline void knat_bucket_unlock(struct knat_bucket *bucket)
{
	__bit_spin_unlock(KNAT_BUCKET_LOCK, &bucket->chain);
}

/* Into a locked bucket: true if it was full. */
bool knat_bucket_add(struct knat_bucket *bucket, unsigned long tag,
		     size_t link, void *entry);

/* Put @entry in, unless @match finds one by @key: that one, or NULL. Softirq off,
 * under rcu_read_lock().
 */
static __always_inline void *
knat_table_insert(struct knat_table *table, u64 hash, size_t link, void *entry,
		  bool (*match)(const void *entry, const void *key),
		  const void *key)
{
	unsigned long tag = knat_table_tag(hash);
	struct knat_bucket *bucket, *other;
	struct knat_buckets *buckets, *next;
	bool full = false;
	void *old;

	buckets = rcu_dereference(table->buckets);
	bucket = knat_table_bucket(buckets, hash);
	knat_bucket_lock(bucket);
	old = knat_bucket_find(bucket, tag, link, match, key);
	/* Whoever comes after the worker sees this set, by the lock. */
	next = rcu_dereference(buckets->next);
	if (unlikely(next) && !old) {
		other = knat_table_bucket(next, hash);
		knat_bucket_lock(other);
		old = knat_bucket_find(other, tag, link, match, key);
		if (!old)
			full = knat_bucket_add(other, tag, link, entry);
		knat_bucket_unlock(other);
	} else if (!old) {
		full = knat_bucket_add(bucket, tag, link, entry);
	}
	knat_bucket_unlock(bucket);
	if (!old)
		percpu_counter_inc(&table->nr);
	if (unlikely(full))
		knat_table_crowded(table);
	return old;
}

/* Take out an entry that is in. */
void knat_table_remove(struct knat_table *table, void *entry);

#endif /* _KNAT_TABLE_H */
