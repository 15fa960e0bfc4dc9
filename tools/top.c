// SPDX-License-Identifier: GPL-2.0
/* natctl top: what is going on, live on a terminal, or once. */
#include <arpa/inet.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "addr.h"
#include "command.h"
#include "error.h"
#include "out.h"
#include "pool.h"
#include "top.h"

#define INTERVAL_DEFAULT	2
#define INTERVAL_MAX		3600
#define LINES_DEFAULT		20
/* Of a terminal that does not say, and of a snapshot: no line is cut. */
#define COLUMNS			500

/* True: a format was named, which is that of a snapshot. */
static bool options_read(struct words *words, struct top_view *view)
{
	enum { INTERVAL, POOL, HOST, SORT, LINES, OUTPUT };
	static const char *const names[] = {
		[INTERVAL] = "interval", [POOL] = "pool", [HOST] = "host",
		[SORT] = "sort", [LINES] = "lines", [OUTPUT] = "-o", NULL
	};
	static const char *const formats[] = { "text", "json", NULL };
	uint32_t given = 0, addr;
	const char *word;
	uint8_t len;
	int i;

	while ((word = word_next(words))) {
		i = word_choose(words, word, "an option of top", names);
		word_once(words, &given, i, names[i]);
		switch (i) {
		case INTERVAL:
			word = word_need(words, "the number of seconds");
			view->interval = number_read(word, "interval", 1,
						     INTERVAL_MAX);
			break;
		case POOL:
			view->pool = word_need(words, "the name of the pool");
			pool_name_check(view->pool);
			break;
		case HOST:
			prefix_read(word_need(words, "the inside address"),
				    &addr, &len);
			view->host = ntohl(addr);
			view->host_mask = len ? UINT32_MAX << (32 - len) : 0;
			break;
		case SORT:
			word = word_need(words, "the order");
			view->sort = word_choose(words, word, "an order",
						 top_sorts);
			break;
		case LINES:
			word = word_need(words, "the number of lines");
			view->lines = number_read(word, "number of lines", 0,
						  INT_MAX);
			break;
		default:
			word = word_need(words, "the format");
			out_json = word_choose(words, word, "a format", formats);
		}
	}
	return given & 1U << OUTPUT;
}

static void look_first(struct top_look *look, const struct top_view *view)
{
	size_t i;

	top_look(look, NULL, view);
	for (i = 0; view->pool && i < look->nr_pools; i++)
		if (!strcmp(look->pools[i].name, view->pool))
			return;
	if (view->pool)
		pool_missing(view->pool);
}

int top_wait(const struct top_look *look, const struct top_view *view)
{
	uint64_t wait = view->interval * 1000ull;
	uint64_t least = look->took * 10 / 1000000;

	return least > wait ? least : wait;
}

bool top_key(struct top_view *view, int key, unsigned int rows)
{
	static const char sorts[] = {
		[TOP_BY_MAPPINGS] = 'm', [TOP_BY_CHANGE] = 'c',
		[TOP_BY_USE] = 'u', [TOP_BY_REFUSED] = 'f',
		[TOP_BY_ADDRESS] = 'a',
	};
	/* Keys without a letter are beyond, and memchr() would cut them. */
	const char *sort = key > 0 && key < 256 ?
			   memchr(sorts, key, sizeof(sorts)) : NULL;

	if (sort) {
		view->sort = sort - sorts;
		view->from = 0;
		return true;
	}
	switch (key) {
	case 'q':
		return false;
	case 'r':
		view->reverse = !view->reverse;
		view->from = 0;
		break;
	case '+':
		if (view->interval < INTERVAL_MAX)
			view->interval++;
		break;
	case '-':
		if (view->interval > 1)
			view->interval--;
		break;
	case 'j':
		view->from += rows / 2;
		break;
	case 'k':
		view->from -= view->from < rows / 2 ? view->from : rows / 2;
		break;
	}
	return true;
}

static void print_line(enum top_line kind, const char *line)
{
	(void)kind;
	text("%s", line);
	text_end();
}

static void print(const struct top_look *look, const struct top_look *before,
		  const struct top_view *view)
{
	if (out_json)
		top_json(look, before, view);
	else
		top_lines(look, before, view, 0, COLUMNS, print_line);
	out_flush();
}

/* Between the looks is a whole interval, whatever comes: there are no keys. */
static void sleep_ms(int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&time, &time))
		;
}

/* A terminal that only scrolls: one text behind the other, until a line that
 * begins with "q" or the end of what is typed.
 */
static void scroll(struct top_look *looks, const struct top_view *view)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
	char typed[64];
	ssize_t len;
	int n;

	for (n = 1;; n = !n) {
		if (poll(&keys, 1, top_wait(&looks[!n], view)) > 0) {
			len = read(STDIN_FILENO, typed, sizeof(typed));
			if (len <= 0 || *typed == 'q')
				return;
		}
		top_look(&looks[n], &looks[!n], view);
		top_sort(&looks[n], view);
		text_end();
		print(&looks[n], &looks[!n], view);
	}
}

static void top(struct words *words)
{
	static struct top_look looks[2];
	struct top_view view = {
		.interval = INTERVAL_DEFAULT, .lines = LINES_DEFAULT,
	};
	bool once = options_read(words, &view) || out_json;

	nl_check_collected();
	look_first(&looks[0], &view);
	if (!once && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		if (top_screen(looks, &view))
			return;
		top_sort(&looks[0], &view);
		print(&looks[0], NULL, &view);
		scroll(looks, &view);
		return;
	}
	sleep_ms(top_wait(&looks[0], &view));
	top_look(&looks[1], &looks[0], &view);
	top_sort(&looks[1], &view);
	print(&looks[1], &looks[0], &view);
}

static const struct verb verbs[] = {
	{ "", "[ OPTIONS ]", top },
	{ }
};

const struct object top_object = {
	.name		= "top",
	.meaning	= "what is going on, live",
	.terms		= 
"OPTIONS: [ interval SECONDS ] [ pool NAME ] [ host PREFIX ] [ lines N ]\n"
"         [ sort mappings|change|use|refused|address ] [ -o text|json ]\n",
	.verbs		= verbs,
	.plain		= top,
};
