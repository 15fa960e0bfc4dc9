// SPDX-License-Identifier: GPL-2.0
/* natctl top: the live view on a terminal. */
#include "top.h"

#ifdef HAVE_NCURSES
#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <term.h>
#include <time.h>
#include <unistd.h>
#include "error.h"
#include "out.h"

static const attr_t looks_of[] = {
	[TOP_TITLE] = A_BOLD, [TOP_PLAIN] = A_NORMAL, [TOP_ALARM] = A_BOLD,
	[TOP_HEAD] = A_REVERSE, [TOP_KEYS] = A_REVERSE,
};

/* Where the next line goes. */
static int row;

static void put(enum top_line kind, const char *line)
{
	/* The last line of a screen that is too low for all is that of the keys. */
	if (kind == TOP_KEYS)
		row = LINES - 1;
	if (row >= LINES)
		return;
	move(row++, 0);
	attrset(looks_of[kind]);
	/* The terminal may scroll when its last place is written to. */
	addnstr(line, COLS - 1);
	attrset(A_NORMAL);
	clrtoeol();
}

static void draw(struct top_look *look, const struct top_look *before,
		 struct top_view *view)
{
	if (view->from >= look->nr_hosts)
		view->from = look->nr_hosts ? look->nr_hosts - 1 : 0;
	top_sort(look, view);
	row = 0;
	erase();
	top_lines(look, before, view, LINES, COLS - 1, put);
	refresh();
}

/* Errors are for the screen as it was. */
static void leave(void)
{
	if (!isendwin())
		endwin();
}

static uint64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ull + time.tv_nsec / 1000000;
}

/* What is typed until it is time for the next look: does it go on? */
static bool keys(struct top_look *look, const struct top_look *before,
		 struct top_view *view)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t start = now_ms(), passed;
	int wait, key;

	while ((passed = now_ms() - start) <
	       (uint64_t)(wait = top_wait(look, view))) {
		poll(&input, 1, wait - passed);
		/* Nobody is there any more. */
		if (input.revents & (POLLHUP | POLLERR | POLLNVAL))
			return false;
		while ((key = getch()) != ERR) {
			if (!top_key(view, key == KEY_DOWN ? 'j' :
					   key == KEY_UP ? 'k' : key, LINES))
				return false;
			draw(look, before, view);
		}
	}
	return true;
}

/* Can the terminal do more than scroll? */
static bool is_able(void)
{
	int err;

	if (!getenv("TERM") || setupterm(NULL, STDOUT_FILENO, &err) != OK)
		return false;
	return cursor_address && clear_screen;
}

bool top_screen(struct top_look *looks, struct top_view *view)
{
	SCREEN *screen;
	int n = 0;

	if (!is_able())
		return false;
	out_flush();
	/* Names have characters of more than a byte. */
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	set_term(screen);
	error_before(leave);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	draw(&looks[0], NULL, view);
	while (keys(&looks[n], looks[!n].time ? &looks[!n] : NULL, view)) {
		n = !n;
		top_look(&looks[n], &looks[!n], view);
		draw(&looks[n], &looks[!n], view);
	}
	leave();
	error_before(NULL);
	delscreen(screen);
	return true;
}

#else

bool top_screen(struct top_look *looks, struct top_view *view)
{
	(void)looks;
	(void)view;
	return false;
}

#endif /* HAVE_NCURSES */
