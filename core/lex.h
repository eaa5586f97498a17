/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens of the protocol language. The lexer keeps no state: it reads the token that begins at an
 * offset, so that a parser may look ahead or read a stretch again as a raw word. */
#ifndef STRATA_CORE_LEX_H
#define STRATA_CORE_LEX_H

#include <stddef.h>
#include <stdint.h>

enum token_type { /* a punctuation character stands for itself */
		  TOK_END = 0,
		  TOK_LINE = 256, /* one or more newlines or ';' */
		  TOK_NAME, /* letters, digits, '_', and '-' between a letter or digit and a letter
			     */
		  TOK_NUM,
		  TOK_STR,  /* at/len include the quotes */
		  TOK_WORD, /* begins like a number but is none: 6in4, 0a */
		  TOK_BAD,  /* nothing that has a place in the language; num: enum token_bad */
		  TOK_DOTS, /* .. */
		  TOK_ARROW,
		  TOK_SHL,
		  TOK_SHR,
		  TOK_EQ,
		  TOK_NE,
		  TOK_LE,
		  TOK_GE,
		  TOK_ANDAND,
		  TOK_OROR,
};

enum token_bad { BAD_CHAR, BAD_STRING, BAD_NUMBER };

struct token {
	int type;
	uint32_t at, len; /* bytes in the text */
	uint64_t num;     /* TOK_NUM; TOK_BAD: why */
};

/* The token that begins at or after offset at of text[0..n): blanks and comments are skipped. */
struct token lex_token(const char *text, uint32_t n, uint32_t at);
/* The end of the raw word (a literal as the notation writes it) that begins at offset at. */
uint32_t lex_raw(const char *text, uint32_t n, uint32_t at);
/* Take the escapes out of a string token's inside text[at..at+len): into out (len bytes are
 * enough). Returns its length; -1 and *bad, the offset of a wrong escape. */
int lex_unescape(const char *text, uint32_t at, uint32_t len, char *out, uint32_t *bad);
/* Is s[0..n) a number as the language writes it (decimal, 0x, 0b)? */
int lex_number(const char *s, uint32_t n, uint64_t *v);

#endif
