/* SPDX-License-Identifier: GPL-2.0 */
/* natctl: text that others chose, such as labels, for terminals and JSON. */
#ifndef NATCTL_UTF8_H
#define NATCTL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Longest text of utf8_escape(), with the closing zero: four bytes as \xNN. */
#define UTF8_ESCAPED_MAX	17

/* The length of the character at @text, which is not the end, and its number
 * in @code. 0: the byte at @text is not the beginning of a character.
 */
size_t utf8_next(const char *text, uint32_t *code);

/* The character (or stray byte) at @text as it may stand in double quotes:
 * quotes and backslashes have a backslash before them, and what a terminal
 * would obey is \xNN. How many bytes of @text that was.
 */
size_t utf8_escape(const char *text, char escaped[UTF8_ESCAPED_MAX]);

#endif /* NATCTL_UTF8_H */
