// SPDX-License-Identifier: GPL-2.0
/* knat: the hash table of mappings and sessions. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include "compat.h"
#include "table.h"

#define TABLE_ORDER_MIN		6
#define TABLE_ORDER_MAX		30
/* Entries to a bucket: more and it is to grow, fewer and it may shrink. After
 * a change of size there are 2 to 4; fewer, but over TABLE_LOAD_MIN, after the
 * growth of a small table, which goes in larger steps: it is cheaper than to move
 * all entries soon again.
 */
#define TABLE_LOAD_MAX		5
#define TABLE_LOAD_MIN		1
#define TABLE_SMALL		0x10000
/* Buckets moved between two chances for others to run; entries of a chain moved
 * for each time that it is gone through.
 */
#define TABLE_BATCH		64
/* So many buckets ahead of the one that is moved, entries are fetched. */
#define TABLE_AHEAD		3
/* Entries of a bucket that a walk sorts at a time: more than most buckets have. */
#define TABLE_WALK		16

static_assert(sizeof(struct knat_bucket) == 8 * sizeof(long));

static u64 buckets_nr(const struct knat_buckets *buckets)
{
	return 1ULL << (64 - buckets->shift);
}

static struct knat_buckets *buckets_alloc(u32 order, gfp_t gfp)
{
	struct knat_buckets *buckets = kzalloc(sizeof(*buckets), gfp);

	if (!buckets)
		return NULL;
	buckets->shift = 64 - order;
	buckets->bucket = kvcalloc(1UL << order, sizeof(*buckets->bucket),
				   gfp | __GFP_NOWARN);
	if (!buckets->bucket) {
		kfree(buckets);
		return NULL;
	}
	return buckets;
}

static void buckets_free(struct knat_buckets *buckets)
{
	kvfree(buckets->bucket);
	kfree(buckets);
}

bool knat_bucket_add(struct knat_bucket *bucket, unsigned long tag,
		     size_t link, void *entry)
{
	unsigned long *slot = bucket->slot, *end = slot + KNAT_BUCKET_SLOTS;

	for (; slot < end; slot++) {
		if (*slot)
			continue;
		/* Whoever sees the entry sees what is in it. */
		smp_store_release(slot, (unsigned long)entry | tag);
		return false;
	}
	WRITE_ONCE(*(unsigned long *)(entry + link),
		   bucket->chain & ~BIT(KNAT_BUCKET_LOCK));
	/* As above. */
	smp_store_release(&bucket->chain,
			  (unsigned long)entry | BIT(KNAT_BUCKET_LOCK));
	return true;
}

/* Out of a locked bucket: false if it is not in. */
static bool bucket_del(struct knat_bucket *bucket, unsigned long tag,
		       size_t link, void *entry)
{
	unsigned long *prev = &bucket->chain;
	int i;

	for (i = 0; i < KNAT_BUCKET_SLOTS; i++) {
		if (bucket->slot[i] != ((unsigned long)entry | tag))
			continue;
		WRITE_ONCE(bucket->slot[i], 0);
		return true;
	}
	while (*prev & ~BIT(KNAT_BUCKET_LOCK)) {
		void *this = (void *)(*prev & ~BIT(KNAT_BUCKET_LOCK));

		if (this == entry) {
			/* The link of @entry stays for who is there now. */
			WRITE_ONCE(*prev, *(unsigned long *)(entry + link) |
					  (*prev & BIT(KNAT_BUCKET_LOCK)));
			return true;
		}
		prev = this + link;
	}
	return false;
}

void knat_table_remove(struct knat_table *table, void *entry)
{
	u64 hash = table->type->hash(table, entry);
	unsigned long tag = knat_table_tag(hash);
	struct knat_buckets *buckets, *next;
	struct knat_bucket *bucket, *other;
	bool found;

	local_bh_disable();
	rcu_read_lock();
	buckets = rcu_dereference(table->buckets);
	bucket = knat_table_bucket(buckets, hash);
	knat_bucket_lock(bucket);
	found = bucket_del(bucket, tag, table->type->link, entry);
	next = rcu_dereference(buckets->next);
	if (!found && next) {
		other = knat_table_bucket(next, hash);
		knat_bucket_lock(other);
		found = bucket_del(other, tag, table->type->link, entry);
		knat_bucket_unlock(other);
	}
	knat_bucket_unlock(bucket);
	rcu_read_unlock();
	local_bh_enable();
	if (!WARN_ON_ONCE(!found))
		percpu_counter_dec(&table->nr);
}

static void entry_move(struct knat_table *table, struct knat_buckets *to,
		       void *entry)
{
	u64 hash = table->type->hash(table, entry);
	struct knat_bucket *bucket = knat_table_bucket(to, hash);

	knat_bucket_lock(bucket);
	knat_bucket_add(bucket, knat_table_tag(hash), table->type->link, entry);
	knat_bucket_unlock(bucket);
	/* Pairs with smp_rmb() in knat_table_find(). */
	smp_wmb();
}

/* The links of a bucket's chain that lead to its last entries, at most
 * TABLE_BATCH, the very last one at (*nr - 1) % TABLE_BATCH.
 */
static void chain_ends(struct knat_bucket *bucket, size_t link,
		       unsigned long *ends[TABLE_BATCH], u32 *nr)
{
	unsigned long *prev = &bucket->chain, entry;

	for (*nr = 0; (entry = *prev & ~BIT(KNAT_BUCKET_LOCK)); (*nr)++) {
		ends[*nr % TABLE_BATCH] = prev;
		prev = (unsigned long *)(entry + link);
	}
}

/* Of the chain the last one goes first: its link, which leads to the chain of
 * its new bucket from then on, misleads nobody who comes along the old one.
 */
static void chain_move(struct knat_table *table, struct knat_bucket *bucket,
		       struct knat_buckets *to)
{
	unsigned long *ends[TABLE_BATCH], *prev;
	u32 nr, end;

	do {
		chain_ends(bucket, table->type->link, ends, &nr);
		end = nr > TABLE_BATCH ? nr - TABLE_BATCH : 0;
		while (nr > end) {
			prev = ends[--nr % TABLE_BATCH];
			entry_move(table, to,
				   (void *)(*prev & ~BIT(KNAT_BUCKET_LOCK)));
			WRITE_ONCE(*prev, *prev & BIT(KNAT_BUCKET_LOCK));
		}
	} while (end);
}

static void bucket_move(struct knat_table *table, struct knat_bucket *bucket,
			struct knat_buckets *to)
{
	unsigned long *slot = bucket->slot, *end = slot + KNAT_BUCKET_SLOTS;

	if (unlikely(bucket->chain & ~BIT(KNAT_BUCKET_LOCK)))
		chain_move(table, bucket, to);
	for (; slot < end; slot++) {
		if (!*slot)
			continue;
		entry_move(table, to, (void *)(*slot & ~KNAT_TAG_MASK));
		WRITE_ONCE(*slot, 0);
	}
}

/* To be moved, entries must be read: they are all over the memory. */
static void bucket_foresee(const struct knat_bucket *bucket)
{
	const unsigned long *slot = bucket->slot;
	const unsigned long *end = slot + KNAT_BUCKET_SLOTS;

	for (; slot < end; slot++)
		prefetch((void *)(READ_ONCE(*slot) & ~KNAT_TAG_MASK));
}

static void table_resize(struct knat_table *table, u32 order)
{
	struct knat_buckets *old, *new = buckets_alloc(order, GFP_KERNEL);
	struct knat_bucket *bucket;
	u64 i;

	/* Chains grow meanwhile; the next second is another chance. */
	if (!new)
		return;
	old = rcu_dereference_protected(table->buckets,
					lockdep_is_held(&table->mutex));
	rcu_assign_pointer(old->next, new);
	for (i = 0; i < buckets_nr(old); i++) {
		bucket = &old->bucket[i];
		if (i + TABLE_AHEAD < buckets_nr(old))
			bucket_foresee(bucket + TABLE_AHEAD);
		local_bh_disable();
		knat_bucket_lock(bucket);
		bucket_move(table, bucket, new);
		knat_bucket_unlock(bucket);
		local_bh_enable();
		if (!(i % TABLE_BATCH))
			cond_resched();
	}
	rcu_assign_pointer(table->buckets, new);
	/* Before @new may get a successor, all must have seen it. */
	synchronize_rcu_expedited();
	buckets_free(old);
}

/* The order for so many entries. */
static u32 table_order(s64 nr)
{
	u32 order = ilog2(max_t(u64, nr / 4, 1)) + 1;

	return clamp_t(u32, order, TABLE_ORDER_MIN, TABLE_ORDER_MAX);
}

/* Does the size suit no more? Then *@order is that which would. */
static bool table_misfit(struct knat_table *table, u32 *order)
{
	s64 nr = percpu_counter_sum_positive(&table->nr), buckets;

	rcu_read_lock();
	buckets = buckets_nr(rcu_dereference(table->buckets));
	rcu_read_unlock();
	*order = table_order(nr);
	if (nr > TABLE_LOAD_MAX * buckets && nr < TABLE_SMALL)
		++*order;
	return (nr > TABLE_LOAD_MAX * buckets ||
		nr < TABLE_LOAD_MIN * buckets) && buckets != 1LL << *order;
}

static void table_work(struct work_struct *work)
{
	struct knat_table *table = container_of(work, struct knat_table,
						resize);
	u32 order;

	mutex_lock(&table->mutex);
	if (table_misfit(table, &order))
		table_resize(table, order);
	mutex_unlock(&table->mutex);
}

void knat_table_check(struct knat_table *table)
{
	u32 order;

	if (table_misfit(table, &order))
		queue_work(system_dfl_wq, &table->resize);
}

void knat_table_crowded(struct knat_table *table)
{
	unsigned long now = jiffies;

	/* A bucket may be full by chance: once a jiffy is enough. */
	if (READ_ONCE(table->checked) == now)
		return;
	WRITE_ONCE(table->checked, now);
	queue_work(system_dfl_wq, &table->resize);
}

/**
 * struct walk_batch - entries of a bucket, in the order of their hashes
 * @nr: how many
 * @entry: they
 * @hash: of each
 */
struct walk_batch {
	u32	nr;
	void	*entry[TABLE_WALK];
	u64	hash[TABLE_WALK];
};

/* Of those with @from or a higher hash the lowest are kept. */
static void batch_add(struct walk_batch *batch, void *entry, u64 hash, u64 from)
{
	u32 i;

	if (hash < from)
		return;
	if (batch->nr < TABLE_WALK)
		batch->nr++;
	else if (hash >= batch->hash[TABLE_WALK - 1])
		return;
	for (i = batch->nr - 1; i && batch->hash[i - 1] > hash; i--) {
		batch->entry[i] = batch->entry[i - 1];
		batch->hash[i] = batch->hash[i - 1];
	}
	batch->entry[i] = entry;
	batch->hash[i] = hash;
}

/* An entry that is there all the time is found, whatever comes and goes beside
 * it: it stays in its slot, and a chain leads to it.
 */
static void batch_read(struct walk_batch *batch, const struct knat_table *table,
		       const struct knat_bucket *bucket, u64 from)
{
	u64 (*hash)(const struct knat_table *table, const void *entry);
	void *entry;
	int i;

	hash = table->type->hash;
	batch->nr = 0;
	for (i = 0; i < KNAT_BUCKET_SLOTS; i++) {
		entry = (void *)(READ_ONCE(bucket->slot[i]) & ~KNAT_TAG_MASK);
		if (entry)
			batch_add(batch, entry, hash(table, entry), from);
	}
	entry = (void *)(READ_ONCE(bucket->chain) & ~BIT(KNAT_BUCKET_LOCK));
	while (entry) {
		batch_add(batch, entry, hash(table, entry), from);
		entry = READ_ONCE(*(void **)(entry + table->type->link));
	}
}

/* A batch of the bucket at the cursor, or what is left of it: the cursor then
 * is at the next one.
 */
static int batch_walk(const struct knat_table *table,
		      const struct knat_buckets *buckets,
		      struct knat_table_cursor *cursor,
		      int (*fn)(void *entry, void *arg), void *arg)
{
	u64 last = cursor->hash | (~0ULL >> (64 - buckets->shift));
	struct walk_batch batch;
	u32 i;
	int ret;

	batch_read(&batch, table, knat_table_bucket(buckets, cursor->hash),
		   cursor->hash);
	for (i = 0; i < batch.nr; i++) {
		cursor->hash = batch.hash[i];
		ret = fn(batch.entry[i], arg);
		if (ret)
			return ret;
	}
	/* No two entries have the same 64 bits. */
	cursor->hash = batch.nr == TABLE_WALK ? cursor->hash + 1 : last + 1;
	cursor->done = !cursor->hash;
	return 0;
}

int knat_table_walk(struct knat_table *table, struct knat_table_cursor *cursor,
		    int (*fn)(void *entry, void *arg), void *arg)
{
	const struct knat_buckets *buckets;
	int ret = 0;
	u64 n = 0;

	mutex_lock(&table->mutex);
	buckets = rcu_dereference_protected(table->buckets,
					    lockdep_is_held(&table->mutex));
	while (!cursor->done && !ret) {
		rcu_read_lock();
		ret = batch_walk(table, buckets, cursor, fn, arg);
		rcu_read_unlock();
		if (!(++n % TABLE_BATCH))
			cond_resched();
	}
	mutex_unlock(&table->mutex);
	return ret;
}

int knat_table_init(struct knat_table *table,
		    const struct knat_table_type *type)
{
	struct knat_buckets *buckets;
	int err;

	buckets = buckets_alloc(TABLE_ORDER_MIN, GFP_KERNEL_ACCOUNT);
	if (!buckets)
		return -ENOMEM;
	err = percpu_counter_init(&table->nr, 0, GFP_KERNEL_ACCOUNT);
	if (err) {
		buckets_free(buckets);
		return err;
	}
	get_random_bytes(table->key, sizeof(table->key));
	table->type = type;
	INIT_WORK(&table->resize, table_work);
	mutex_init(&table->mutex);
	RCU_INIT_POINTER(table->buckets, buckets);
	return 0;
}

void knat_table_exit(struct knat_table *table)
{
	cancel_work_sync(&table->resize);
	buckets_free(rcu_dereference_protected(table->buckets, true));
	percpu_counter_destroy(&table->nr);
	mutex_destroy(&table->mutex);
}
