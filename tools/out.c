// SPDX-License-Identifier: GPL-2.0
/* natctl: JSON as it comes, and bits of text. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "natctl.h"

bool json, pretty;

static int depth;
static bool first;

static void item(void)
{
	if (!first)
		putchar(',');
	if (pretty && depth)
		printf("\n%*s", depth * 4, "");
	first = false;
}

static void open_with(char c)
{
	putchar(c);
	depth++;
	first = true;
}

static void close_with(char c)
{
	depth--;
	if (pretty && !first)
		printf("\n%*s", depth * 4, "");
	putchar(c);
	first = false;
}

static void json_string(const char *text)
{
	const unsigned char *c;

	putchar('"');
	for (c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static void key_is(const char *key)
{
	item();
	json_string(key);
	putchar(':');
	if (pretty)
		putchar(' ');
}

void list_begin(void)
{
	first = true;
	if (json)
		open_with('[');
}

void list_end(void)
{
	if (json) {
		close_with(']');
		putchar('\n');
	}
}

void obj_begin(void)
{
	item();
	open_with('{');
}

void obj_end(void)
{
	close_with('}');
}

void obj_str(const char *key, const char *value)
{
	key_is(key);
	json_string(value);
}

void obj_num(const char *key, uint64_t value)
{
	key_is(key);
	printf("%llu", (unsigned long long)value);
}

void obj_bool(const char *key, bool value)
{
	key_is(key);
	printf("%s", value ? "true" : "false");
}

void obj_nest(const char *key)
{
	key_is(key);
	open_with('{');
}

void obj_nest_end(void)
{
	close_with('}');
}

void obj_array(const char *key)
{
	key_is(key);
	open_with('[');
}

void obj_array_end(void)
{
	close_with(']');
}

void arr_str(const char *value)
{
	item();
	json_string(value);
}

const char *addr_text(uint32_t addr)
{
	static char text[4][INET_ADDRSTRLEN];
	static int n;

	n = (n + 1) % 4;
	inet_ntop(AF_INET, &addr, text[n], sizeof(text[n]));
	return text[n];
}

const char *ends_text(uint32_t addr, uint16_t port, uint16_t last)
{
	static char text[4][INET_ADDRSTRLEN + 16];
	static int n;

	n = (n + 1) % 4;
	if (!port)
		return addr_text(addr);
	if (last > port)
		snprintf(text[n], sizeof(text[n]), "%s:%u-%u", addr_text(addr),
			 port, last);
	else
		snprintf(text[n], sizeof(text[n]), "%s:%u", addr_text(addr),
			 port);
	return text[n];
}

void quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}
