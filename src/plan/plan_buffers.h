/* SPDX-License-Identifier: MIT */
#ifndef DCOMP_PLAN_BUFFERS_H
#define DCOMP_PLAN_BUFFERS_H

#include "dcomp/plan.h"

/* Sets last_reader and buffer of all values, and the plan's buffers. The steps are known. */
DC_MUST_USE dc_status plan_buffers(dc_plan *plan, const dc_model *model,
                                   const dc_plan_settings *settings, dc_arena *arena);

#endif
