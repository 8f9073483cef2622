/* SPDX-License-Identifier: MIT
 *
 * prune: which weights go. A pruned weight is exactly 0.0f and its parameter is marked is_pruned;
 * the training loop keeps it so. Nothing else remembers a mask [DC 2; NIPS15]. Neurons go too, and
 * matrices become products of two narrow ones.
 *
 * Magnitude pruning keeps the largest |w| of each layer, by density or by a threshold of s
 * standard deviations; ties are broken by position, so a density is met exactly and the same on
 * every machine. A density is the share of ALL the layer's weights that stay; pruning again with a
 * larger density than a layer has changes nothing (what is gone stays gone).
 *
 * Threads. Functions that take a model that is not const change it: it then belongs to one thread.
 * Different models may be pruned at once.
 */
#ifndef DCOMP_PRUNE_H
#define DCOMP_PRUNE_H

#include "dcomp/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a layer reads and what it is to say, over places in samples: what second-order pruning goes
 * by [OBS; OBC]. With a constant that is free (a bias), all are of values less their means. */
typedef struct dc_obs {
    uint32_t n_groups; /* of rows, one after another, each with inputs of its own */
    uint32_t n_rows, n;
    double *products;  /* (n_groups, n, n) mean of x x^T, symmetric                       */
    double *targets;   /* (n_rows, n) mean of x y                                         */
    double *squares;   /* (n_rows) mean of y^2                                            */
    const double *weights; /* (n_rows) what an error of a row counts, or NULL: all the same */
    double damping;    /* by so much of the mean square of the inputs weights are held    */
} dc_obs;
/* What each weight of (n_rows, n) costs, in mean squares of outputs, when rows are taken apart with
 * what is left being fitted; 0 where the weight is. Within a row what goes first has the least. */
DC_MUST_USE dc_status dc_obs_score(float *scores, const float *values, const dc_obs *obs);
/* The weights that are not zero become the best. */
DC_MUST_USE dc_status dc_obs_refit(float *values, const dc_obs *obs);
/* The same of one row w (n). */
DC_MUST_USE dc_status dc_obs_refit_row(float *w, const dc_obs *obs, uint32_t row);
/* The mean square of what w (n), as row `row`, says wrong. */
double dc_obs_error(const float *w, const dc_obs *obs, uint32_t row);
/* All values become 0 but the n_keep of the greatest scores; of equal ones those in front
 * stay. What has score 0 goes. */
DC_MUST_USE dc_status dc_prune_keep(float *values, const float *scores, uint64_t n,
                                    uint64_t n_keep);

/* Who knows them, layer by layer. Layers are asked for in the order of the graph. */
typedef struct dc_obs_source {
    void *payload;
    /* The same of the network as it is, before anything is cut, to compare layers by. */
    dc_status (*look)(void *payload, float **scores, dc_param *param, dc_arena *arena);
    /* Scores of `param` (n_values), from the arena; NULL there: not known of this layer. */
    dc_status (*score)(void *payload, float **scores, dc_param *param, dc_arena *arena);
    /* The layer has been cut: what is left of it is fitted. */
    dc_status (*refit)(void *payload, dc_param *param);
} dc_obs_source;

typedef struct dc_prune_settings {
    dc_rules density;       /* by layer, in (0, 1]                                    */
    dc_rules sensitivity;   /* by layer: threshold = s * standard deviation of what is non-zero */
    double global_density;  /* one density over all layers that no rule above matches; magnitudes
                               are divided by their layer's RMS first, so that no layer is emptied
                               by its scale. NaN, or 0: not given */
    double min_density;     /* floor for each layer when the above would take more    */
    uint32_t n_sets;        /* row r of a layer is of set r mod n_sets, and each set has the layer's
                               density [ESE 3.2], and dead neurons stay; the gates of a layer over
                               time have sets of their own; 0: a layer is one set */
    bool remove_dead;       /* take dead neurons out of the graph afterwards          */
    uint32_t saliency;      /* what makes a weight worth keeping: index of its word in
                               dc_saliency_words; 0: magnitude                        */
    uint64_t saliency_seed; /* of the saliency that draws                             */
    const float *const *squares; /* NULL, or for each parameter of the model the mean squares of
                                    its gradients, row-major, or NULL                */
    const dc_obs_source *obs; /* of the saliency that needs it                        */
    bool of_present;        /* densities are shares of the weights that are not zero  */
} dc_prune_settings;

extern const char dc_saliency_words[]; /* "magnitude|fisher|..." in the order of the table */
/* density, sensitivity, global_density, min_density, balance, saliency, saliency_seed,
 * remove_dead. */
extern const dc_field dc_prune_fields[];
/* Nothing to prune; min_density 0.001, remove_dead true. */
dc_prune_settings dc_prune_defaults(void);

typedef struct dc_prune_stats {
    uint64_t n_before, n_after;   /* non-zero weights of the layers that were pruned */
    uint32_t n_neurons_removed;
    uint64_t n_values_removed;    /* parameters that left with them                  */
} dc_prune_stats;

/* Whether the saliency is computed from gradients: `squares` is then required. */
bool dc_prune_needs_squares(const dc_prune_settings *settings);
/* Whether the saliency asks `obs`, layer by layer. */
bool dc_prune_needs_obs(const dc_prune_settings *settings);
/* Checks all settings that dc_prune refuses for any weights: DC_EINPUT. */
DC_MUST_USE dc_status dc_prune_check(const dc_prune_settings *settings, const dc_model *model);
/* Prunes in place. A layer that no rule matches is left alone; a pattern that matches nothing,
 * no rule at all, density and sensitivity for the same layer, or a global density with no layer
 * left is DC_EINPUT. NaN weights are DC_EINPUT with the layer's name. A layer of zeros that is not
 * marked as pruned was never trained: it is left alone, with a warning. */
DC_MUST_USE dc_status dc_prune(dc_model *model, const dc_prune_settings *settings,
                               dc_prune_stats *stats);

/* Removes output neurons and filters that do nothing: all their incoming weights are zero (their
 * constant value is folded into the next layer's bias where that is exact), or no node reads them.
 * A layer of zeros that is not marked as pruned is not trained yet: it makes and reads all
 * channels. Follows relu, pools, dropout, flatten and batch norm between layers; a channel that
 * meets add or concat is left alone. Repeats until nothing dies. The network's outputs do not
 * change beyond rounding; its classes always stay. A bias that has other values then stays shared
 * while it has at most 256; a warning says where sharing or float16 is lost. */
DC_MUST_USE dc_status dc_prune_dead(dc_model *model, dc_prune_stats *stats);
/* The same while training goes on, which finds values that can be shared again: no warning. */
DC_MUST_USE dc_status dc_prune_dead_between(dc_model *model, dc_prune_stats *stats);

/* Neurons go, together with what reads them, until there are about n_most parameters: those whose
 * weights are worth least, by `squares` (n_params; mean squares of the gradients of weights, row-
 * major), for what goes with them. A weight of a layer of n counts n^-discount: 0 all alike, 1 all
 * layers alike. To be done in turns, with training between: no layer loses more than three
 * quarters. */
DC_MUST_USE dc_status dc_prune_narrow(dc_model *model, uint64_t n_most, double discount,
                                      const float *const *squares, dc_prune_stats *stats);

/* Neurons and filters that are nearly the same become one, without data [Srinivas and Babu 2015],
 * until a layer has the share of them that its rule says; layers whose channels cannot be moved are
 * left. DC_EINPUT when there is no other, or a rule is wrong, which the check finds too. */
DC_MUST_USE dc_status dc_prune_similar(dc_model *model, const dc_rules *shares,
                                       dc_prune_stats *stats);
DC_MUST_USE dc_status dc_prune_similar_check(const dc_rules *shares, const dc_model *model);

/* Symmetries: what costs bytes and changes no output beyond rounding (src/prune/symmetry.c). Biases
 * move into the next layer where nothing but pools and views stands between, and layers lose
 * theirs; *n_moved is how many values. */
DC_MUST_USE dc_status dc_prune_move_biases(uint32_t *n_moved, dc_model *model);
/* Channels and neurons in the order of how many weights they have, most first. */
DC_MUST_USE dc_status dc_prune_sort(dc_model *model);

/* Factors: a linear layer, or a 1x1 convolution without groups, of m outputs and n inputs becomes
 * two, of rank r: "NAME_in" (r by n, no bias) and NAME (m by r, with its bias), where r (m + n) is
 * less than m n. They are the best approximation of that rank: the singular value decomposition
 * without its tail, each singular value's root in both. Factors are dense, whatever the layer was.
 * DC_EUNSUPPORTED in a build without LAPACK. */
typedef struct dc_factor_settings {
    dc_rules rank;   /* by layer, or                                                        */
    dc_rules energy; /* by layer: the least rank with this share of all squared singular values */
    uint64_t bytes;  /* 0, or instead of both: one share for all layers, the greatest with which
                        all parameters take no more as float32                              */
} dc_factor_settings;
extern const dc_field dc_factor_fields[]; /* rank, energy, bytes */

typedef struct dc_factored {
    const char *layer;
    char reason[96];           /* why it is left as it was; "": it is factored */
    uint32_t n_rows, n_cols, rank;
    double energy;             /* share that the rank has                      */
    bool was_pruned, was_shared;
} dc_factored;

/* What dc_factor refuses for any weights: DC_EINPUT. */
DC_MUST_USE dc_status dc_factor_check(const dc_factor_settings *settings, const dc_model *model);
/* `*model` becomes another one. layers (n): those that were asked for, from the arena. DC_EINPUT
 * when there is nothing to factor, and the model is as before. */
DC_MUST_USE dc_status dc_factor(dc_model **model, const dc_factor_settings *settings,
                                dc_factored **layers, uint32_t *n, dc_arena *arena);

/* Gradual pruning [Zhu and Gupta 2017]: the density after step `step` (1..n_steps) of a cubic fall
 * from `start` to `end`. */
double dc_prune_schedule(double start, double end, uint32_t step, uint32_t n_steps);

/* Compression as a constraint [ADMM]: a hook that pulls each layer that a rule matches to what is
 * asked of it while it trains. Beside its weights W a layer has Z, the nearest to W + U that is as
 * asked, and U, the sum of what was left between them; rho (W - Z + U) is added to the gradient,
 * and every `period` epochs Z and U are made anew. rho grows by a factor from each third of
 * n_epochs to the next. What makes the layer as asked then changes next to nothing. The payload is
 * the caller's. */
typedef struct dc_admm {
    dc_rules goals; /* by layer, as `project` takes them */
    /* z (n values in any order, of which those beyond param's are zeros) becomes the nearest that
     * is as asked. */
    dc_status (*project)(float *z, uint64_t n, const dc_param *param, double goal);
    double rho, rho_growth;
    uint32_t period, n_epochs;
    struct dc_admm_part *parts; /* private, as what follows */
    uint32_t n_parts, n_done;
    double rho_now;
} dc_admm;
dc_train_hook dc_admm_hook(dc_admm *admm);
/* A projection: the share `goal` of weights stays, the greatest. */
DC_MUST_USE dc_status dc_admm_to_density(float *z, uint64_t n, const dc_param *param, double goal);

/* Loss and error of the model when one layer alone is pruned to each of the densities; all layers,
 * or those the pattern matches. rows is (n_layers, n_densities). */
typedef struct dc_sensitivity {
    uint32_t n_layers, n_densities;
    const char **layers;
    double *densities;
    dc_score *scores; /* (n_layers, n_densities) */
    dc_score whole;   /* nothing pruned           */
} dc_sensitivity;
DC_MUST_USE dc_status dc_sensitivity_scan(dc_sensitivity *out, const dc_model *model,
                                          const char *pattern, const double *densities,
                                          uint32_t n_densities, dc_score_fn *score, void *payload,
                                          dc_arena *arena);
/* The least density of each layer that keeps the rise of the error (points of top-1, 100 = all)
 * within `max_drop`; 1 where none does. Warns when one sample is more than `max_drop`. */
DC_MUST_USE dc_status dc_sensitivity_rules(dc_rules *out, const dc_sensitivity *table,
                                           double max_drop, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
