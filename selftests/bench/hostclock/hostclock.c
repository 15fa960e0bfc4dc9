// SPDX-License-Identifier: GPL-2.0
/*
 * hostclock: the clocks of a user-mode kernel's host.
 *
 * Reading /proc/hostclock gives two numbers of nanoseconds: the CPU time that
 * the host has charged to the process that the kernel is, and the host's
 * monotonic clock. The first is what a packet costs, whoever else uses the
 * machine; programs of the guest are other processes of the host and are not
 * in it.
 *
 * The name of a device, written to it, begins to note that time, how many
 * packets the device has received, and the monotonic clock, every jiffy; an
 * empty line ends that. /proc/hostsamples has what was noted.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "hostclock.h"

#define SAMPLES	65536

struct sample {
	s64	cpu;
	u64	packets;
	s64	wall;
};

static DEFINE_MUTEX(lock);
static struct net_device *watched;
static struct sample *samples;
static unsigned int nr_samples;

static void sampler_tick(struct timer_list *timer)
{
	struct rtnl_link_stats64 stats;

	if (nr_samples == SAMPLES)
		return;
	dev_get_stats(watched, &stats);
	samples[nr_samples].cpu = host_clock(HOST_CLOCK_PROCESS_CPU);
	samples[nr_samples].packets = stats.rx_packets;
	samples[nr_samples].wall = host_clock(HOST_CLOCK_MONOTONIC);
	nr_samples++;
	mod_timer(timer, jiffies + 1);
}

static DEFINE_TIMER(sampler, sampler_tick);

static void sampler_stop(void)
{
	if (!watched)
		return;
	timer_delete_sync(&sampler);
	dev_put(watched);
	watched = NULL;
}

static ssize_t hostclock_write(struct file *file, const char __user *buf,
			       size_t len, loff_t *pos)
{
	char text[IFNAMSIZ + 1] = {};
	char *name;
	int err = 0;

	if (len >= sizeof(text) || copy_from_user(text, buf, len))
		return -EINVAL;
	name = strim(text);
	mutex_lock(&lock);
	sampler_stop();
	if (*name) {
		nr_samples = 0;
		watched = dev_get_by_name(current->nsproxy->net_ns, name);
		if (watched)
			mod_timer(&sampler, jiffies + 1);
		else
			err = -ENODEV;
	}
	mutex_unlock(&lock);
	return err ?: len;
}

static int hostclock_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "%lld %lld\n", host_clock(HOST_CLOCK_PROCESS_CPU),
		   host_clock(HOST_CLOCK_MONOTONIC));
	return 0;
}

static int hostclock_open(struct inode *inode, struct file *file)
{
	return single_open(file, hostclock_show, NULL);
}

static const struct proc_ops hostclock_ops = {
	.proc_open	= hostclock_open,
	.proc_read	= seq_read,
	.proc_write	= hostclock_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int hostsamples_show(struct seq_file *file, void *unused)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < nr_samples; i++)
		seq_printf(file, "%lld %llu %lld\n", samples[i].cpu,
			   samples[i].packets, samples[i].wall);
	mutex_unlock(&lock);
	return 0;
}

static int __init hostclock_init(void)
{
	samples = vmalloc_array(SAMPLES, sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	if (!proc_create("hostclock", 0644, NULL, &hostclock_ops))
		goto err_samples;
	if (!proc_create_single("hostsamples", 0444, NULL, hostsamples_show))
		goto err_clock;
	return 0;

err_clock:
	remove_proc_entry("hostclock", NULL);
err_samples:
	vfree(samples);
	return -ENOMEM;
}

static void __exit hostclock_exit(void)
{
	remove_proc_entry("hostsamples", NULL);
	remove_proc_entry("hostclock", NULL);
	sampler_stop();
	vfree(samples);
}

module_init(hostclock_init);
module_exit(hostclock_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("CPU time of a user-mode kernel, as its host counts it");
