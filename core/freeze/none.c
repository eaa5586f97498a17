/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands for the frozen built-ins in the program that makes them. */
#include "core/frozen.h"

const struct frozen frozen_image = { 0 };
