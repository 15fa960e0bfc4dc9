// SPDX-License-Identifier: GPL-2.0
/* natctl: what is listed, as text or as JSON. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "error.h"
#include "out.h"
#include "utf8.h"

#define DEPTH_MAX	8
#define INDENT		4

bool out_json, out_pretty;

/* What ends the arrays and objects that are open; the list is the first. */
static char ends[DEPTH_MAX];
static unsigned int depth;
/* Nothing is yet in what was opened last. */
static bool empty;
/* There is no list around the object. */
static bool alone;
/* Column of the line of text. */
static unsigned int column;
/* Text goes here, as words alone, while it is not NULL. */
static FILE *plain;
static char *plain_text;
static size_t plain_size;
/* Of plain text: a blank is due; the rest is a remark. */
static bool blank, mute;

static void check(void)
{
	if (ferror(stdout))
		fail("the output cannot be written: %s", strerror(errno));
}

void out_flush(void)
{
	fflush(stdout);
	check();
}

static void put(const char *string)
{
	fputs(string, stdout);
}

static void open_with(char begin, char end)
{
	putchar(begin);
	ends[depth++] = end;
	empty = true;
}

static void new_line(void)
{
	printf("\n%*s", (int)(depth * INDENT), "");
}

/* The bracket of a list waits for its first object: when the kernel refuses to
 * list, nothing is printed.
 */
void out_begin(void)
{
	alone = false;
	depth = 0;
	empty = true;
}

void out_alone(void)
{
	out_begin();
	alone = true;
}

void out_alone_end(void)
{
	if (out_json)
		putchar('\n');
}

void out_end(void)
{
	if (!out_json)
		return;
	if (!depth)
		open_with('[', ']');
	json_end();
	putchar('\n');
}

/* Before anything in JSON: a comma, a line, the key. */
static void begin(const char *key)
{
	if (alone && !depth)
		return;
	if (!depth)
		open_with('[', ']');
	if (!empty)
		putchar(',');
	if (out_pretty)
		new_line();
	else if (depth == 1 && !empty && !alone)
		putchar('\n');
	empty = false;
	if (key)
		printf(out_pretty ? "\"%s\": " : "\"%s\":", key);
}

void json_object(const char *key)
{
	begin(key);
	open_with('{', '}');
}

void json_array(const char *key)
{
	begin(key);
	open_with('[', ']');
}

void json_end(void)
{
	char end = ends[--depth];

	if (out_pretty && !empty)
		new_line();
	putchar(end);
	empty = false;
	if (depth == !alone)
		check();
}

void json_string(const char *key, const char *value)
{
	uint32_t code;
	size_t len;

	begin(key);
	putchar('"');
	for (; *value; value += len) {
		len = utf8_next(value, &code);
		if (!len) {
			put("\\ufffd");
			len = 1;
		} else if (code == '"' || code == '\\') {
			printf("\\%c", *value);
		} else if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
			printf("\\u%04x", code);
		} else {
			fwrite(value, 1, len, stdout);
		}
	}
	putchar('"');
}

void json_number(const char *key, uint64_t value)
{
	begin(key);
	printf("%llu", (unsigned long long)value);
}

void json_integer(const char *key, int64_t value)
{
	begin(key);
	printf("%lld", (long long)value);
}

void json_thousandths(const char *key, uint64_t value)
{
	begin(key);
	printf("%llu.%03llu", (unsigned long long)value / 1000,
	       (unsigned long long)value % 1000);
}

void json_bool(const char *key, bool value)
{
	begin(key);
	put(value ? "true" : "false");
}

void json_null(const char *key)
{
	begin(key);
	put("null");
}

void out_words(void)
{
	blank = false;
	mute = false;
	plain = open_memstream(&plain_text, &plain_size);
	if (!plain)
		fail("there is no memory for a line of text");
}

char *out_words_end(void)
{
	if (fclose(plain))
		fail("there is no memory for a line of text");
	plain = NULL;
	return plain_text;
}

/* Where a piece of text goes, NULL: nowhere. */
static FILE *text_to(void)
{
	if (!plain)
		return stdout;
	if (mute)
		return NULL;
	if (blank)
		putc(' ', plain);
	blank = false;
	return plain;
}

void text(const char *fmt, ...)
{
	FILE *to = *fmt ? text_to() : NULL;
	va_list ap;
	int n;

	if (!to)
		return;
	va_start(ap, fmt);
	n = vfprintf(to, fmt, ap);
	va_end(ap);
	if (n > 0)
		column += n;
}

void text_quoted(const char *word)
{
	char escaped[UTF8_ESCAPED_MAX];
	FILE *to = text_to();
	uint32_t code;

	if (!to)
		return;
	putc('"', to);
	column += 2;
	while (*word) {
		word += utf8_escape(word, escaped);
		fputs(escaped, to);
		/* A character that is printed as it is has one column. */
		column += utf8_next(escaped, &code) == strlen(escaped) ?
			  1 : strlen(escaped);
	}
	putc('"', to);
}

void text_word(const char *word)
{
	const char *at = word;
	bool quote = !*word || strchr("#'", *word);

	/* All that is escaped is quoted too. */
	while (*at && !quote) {
		char escaped[UTF8_ESCAPED_MAX];
		size_t len = utf8_escape(at, escaped);

		quote = *at == ' ' || strncmp(at, escaped, len) || escaped[len];
		at += len;
	}
	if (quote)
		text_quoted(word);
	else
		text("%s", word);
}

void text_margin(void)
{
	column = 0;
}

void text_column(unsigned int to)
{
	if (plain) {
		blank = true;
		return;
	}
	text("%*s", column < to ? (int)(to - column) : 1, "");
}

void text_remark(unsigned int to)
{
	if (plain) {
		mute = true;
		return;
	}
	text_column(to);
	text("# ");
}

void text_end(void)
{
	if (plain)
		return;
	putchar('\n');
	column = 0;
	check();
}

void out_count(const char *key, uint32_t count, const char *thing,
	       const char *done)
{
	if (out_json) {
		json_object(NULL);
		json_number(key, count);
		json_end();
	} else {
		text("%u %s%s%s", count, thing, count == 1 ? "" : "s", done);
		text_end();
	}
}
