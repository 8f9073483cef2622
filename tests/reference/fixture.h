/* SPDX-License-Identifier: MIT
 *
 * The networks of fixtures.bin, with what PyTorch computed for them; make_fixtures.py describes the
 * file and the names of tensors.
 */
#ifndef DCOMP_TESTS_FIXTURE_H
#define DCOMP_TESTS_FIXTURE_H

#include "test.h"

#include "dcomp/model.h"

#define FIXTURE_MAX_CASES 128
#define FIXTURE_MAX_TENSORS 96

typedef struct fixture_tensor {
    const char *name;
    uint64_t n_values;
    const float *values;
} fixture_tensor;

typedef struct fixture_case {
    const char *name;
    uint32_t n, output; /* samples; node the loss is taken from */
    dc_model *model;    /* with its parameters                  */
    uint32_t n_tensors;
    fixture_tensor tensors[FIXTURE_MAX_TENSORS];
} fixture_case;

typedef struct fixture {
    dc_arena arena;
    uint32_t n_cases;
    fixture_case cases[FIXTURE_MAX_CASES];
} fixture;

/* Setup and teardown of a group of tests; *state is a fixture. */
int fixture_open(void **state);
int fixture_close(void **state);

/* `prefix` + `name`: fixture_find(c, "d ", "conv1.weight"). NULL when there is none. */
const fixture_tensor *fixture_find(const fixture_case *c, const char *prefix, const char *name);
/* The same; the test fails when there is none. */
const fixture_tensor *fixture_need(const fixture_case *c, const char *prefix, const char *name);

/* Differences between what was computed and the truth, gathered over a case. */
typedef struct fixture_score {
    const char *text; /* who computed */
    const fixture_case *of;
    double bound, worst; /* relative to the tensor's largest value */
    const char *where;
    uint32_t n_tensors;
} fixture_score;

/* A difference is relative to the largest value of its tensor, at least FIXTURE_SMALL. */
#define FIXTURE_SMALL 0.01
void fixture_compare(fixture_score *score, const fixture_tensor *truth, const float *actual,
                     uint64_t n_values);
/* Prints the score; the test fails when it passed its bound. */
void fixture_conclude(const fixture_score *score);

#endif
