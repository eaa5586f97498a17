/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operators of an expression do, in one place: 64-bit integers that wrap; division and
 * remainder by 0 give 0; shifts by more than 63 give 0. */
#ifndef STRATA_CORE_EXPR_OP_H
#define STRATA_CORE_EXPR_OP_H

#include "core/proto.h"

/* a op b; EX_NEG, EX_NOT and EX_COM look at a alone. 0 for what is no operator. */
static inline int64_t expr_op(enum expr_op op, int64_t a, int64_t b)
{
	uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

	switch (op) {
	case EX_NEG: return (int64_t)(0 - ua);
	case EX_NOT: return !a;
	case EX_COM: return (int64_t)~ua;
	case EX_MUL: return (int64_t)(ua * ub);
	case EX_DIV: return b == 0 ? 0 : b == -1 ? (int64_t)(0 - ua) : a / b;
	case EX_MOD: return b == 0 || b == -1 ? 0 : a % b;
	case EX_ADD: return (int64_t)(ua + ub);
	case EX_SUB: return (int64_t)(ua - ub);
	case EX_SHL: return ub > 63 ? 0 : (int64_t)(ua << ub);
	case EX_SHR: return ub > 63 ? 0 : (int64_t)(ua >> ub);
	case EX_AND: return (int64_t)(ua & ub);
	case EX_OR: return (int64_t)(ua | ub);
	case EX_XOR: return (int64_t)(ua ^ ub);
	case EX_EQ: return a == b;
	case EX_NE: return a != b;
	case EX_LT: return a < b;
	case EX_LE: return a <= b;
	case EX_GT: return a > b;
	case EX_GE: return a >= b;
	case EX_ANDAND: return a && b;
	case EX_OROR: return a || b;
	default: return 0;
	}
}

#endif
