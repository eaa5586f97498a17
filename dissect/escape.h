/* SPDX-License-Identifier: BSD-2-Clause */
/* One escaping function for each output form: what a packet holds never reaches a terminal, a JSON
 * document or a table as anything but text. All are thread-safe. */
#ifndef STRATA_DISSECT_ESCAPE_H
#define STRATA_DISSECT_ESCAPE_H

#include "core/buf.h"

/* For a person's terminal: printable ASCII as it is, \n \r \t \\ \", everything else \xHH. Nothing
 * that is valid UTF-8 is let through either: direction marks and look-alikes are control bytes of a
 * kind. */
void escape_term(const uint8_t *p, size_t n, struct buf *out);
/* The inside of a JSON string (RFC 8259): valid UTF-8 as it is, control characters escaped, bytes
 * that are not UTF-8 as \u00XX. */
void escape_json(const uint8_t *p, size_t n, struct buf *out);
/* One CSV cell (RFC 4180), quoted where it has to be; control bytes as \xHH; a leading = + - @ is
 * quoted with a space in front, so that no spreadsheet runs it. */
void escape_csv(const uint8_t *p, size_t n, struct buf *out);

#endif
