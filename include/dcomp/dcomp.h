/* SPDX-License-Identifier: MIT
 *
 * dcomp in one include: the version, and the doors that an application needs to read a model, run
 * it, and compress it. docs/examples/run_one.c is a whole program; docs/library.md says how to
 * build against an installed dcomp.
 *
 *     dc_model *model = NULL;
 *     dc_predictor *predictor = NULL;
 *     DC_TRY(dc_model_read(&model, "lenet.dcm", DC_READ_DENSE, 0, NULL, NULL));
 *     DC_TRY(dc_predictor_new(&predictor, model, 1, DC_PRECISION_F32));
 *     DC_TRY(dc_predict(predictor, x, 1, y));
 *     dc_predictor_free(predictor);
 *     dc_model_free(model);
 *
 * To compress a file from a program, see dc_compress in pipeline.h.
 *
 * Threads. Several threads may use the library at once; each header says what they may share, and
 * docs/library.md what of it is the process's.
 */
#ifndef DCOMP_DCOMP_H
#define DCOMP_DCOMP_H

#define DC_VERSION_MAJOR 0
#define DC_VERSION_MINOR 1
#define DC_VERSION_PATCH 0

#include "dcomp/base.h"
#include "dcomp/data.h"
#include "dcomp/file.h"
#include "dcomp/format.h"
#include "dcomp/interop.h"
#include "dcomp/model.h"
#include "dcomp/nn.h"
#include "dcomp/pipeline.h"
#include "dcomp/source.h"
#include "dcomp/train.h"

#endif
