/* SPDX-License-Identifier: MIT
 *
 * The curtain of dnn.h over oneDNN's C interface; the only file that names it.
 *
 * Versions 2 and 3 are both served; what differs is in onednn_versions.h. Version 3 cannot change
 * the type of a blocked descriptor, so there bf16 copies of weights are reordered in every step.
 *
 * Plans are oneDNN's primitive descriptors, steps its primitives. What steps need as scratch memory
 * is ours, so that a net may run on another thread than the one that made it.
 */
#include <pthread.h>
#include <string.h>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "dnn.h"
#include "onednn_versions.h"

#include "onednn_keep.h"

/* The attributes of a plan: scratch memory is the caller's, all else is the default. */
static dnnl_primitive_attr_t attr_new(dc_dnn *dnn)
{
    dnnl_primitive_attr_t attr = NULL;
    if (went_well(dnn, dnnl_primitive_attr_create(&attr), "attributes"))
        went_well(dnn, dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user),
                  "scratchpad");
    return attr;
}

/* A limit on the processor's instructions holds for oneDNN's kernels too; it must be set before
 * oneDNN makes the first of them. */
static void limit_instructions(void)
{
    static const struct {
        const char *level;
        dnnl_cpu_isa_t isa;
    } isas[] = { { "ref", dnnl_cpu_isa_sse41 },
                 { "avx2", dnnl_cpu_isa_avx2 },
                 { "avx512", dnnl_cpu_isa_avx512_core_bf16 } };
    for (size_t i = 0; i < DC_COUNT_OF(isas); i++)
        if (strcmp(dc_cpu_level(), isas[i].level) == 0)
            (void)dnnl_set_max_cpu_isa(isas[i].isa);
}

dc_status dc_dnn_open(dc_dnn *dnn, dc_arena *arena)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, limit_instructions);
    *dnn = (dc_dnn){ .arena = arena };
    dnnl_engine_t engine = NULL;
    dnnl_stream_t stream = NULL;
    if (went_well(dnn, dnnl_engine_create(&engine, dnnl_cpu, 0), "engine"))
        went_well(dnn, dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    dnn->engine = engine;
    dnn->stream = stream;
    if (dnn->status == DC_OK)
        dnn->attr = attr_new(dnn);
    return dnn->status;
}

void dc_dnn_close(dc_dnn *dnn)
{
    for (const thing *t = dnn->things; t; t = t->next)
        destroy(t->kind, t->handle);
    if (dnn->attr)
        dnnl_primitive_attr_destroy(dnn->attr);
    if (dnn->stream)
        dnnl_stream_destroy(dnn->stream);
    if (dnn->engine)
        dnnl_engine_destroy(dnn->engine);
    *dnn = (dc_dnn){ 0 };
}

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

const char *dc_dnn_text(void)
{
    return "onednn " TEXT_OF(DNNL_VERSION_MAJOR) "." TEXT_OF(DNNL_VERSION_MINOR) "." TEXT_OF(
        DNNL_VERSION_PATCH);
}

/* ---- layouts ---- */

static dnnl_data_type_t type_of(dc_dnn_type type)
{
    return type == DC_DNN_BF16 ? dnnl_bf16 : dnnl_f32;
}

static const dc_dnn_layout *layout_keep(dc_dnn *dnn, md_held md)
{
    dc_dnn_layout *layout = take(dnn, sizeof *layout);
    if (layout)
        layout->md = md;
#if !IS_V2
    keep(dnn, THING_LAYOUT, md);
#endif
    return layout;
}

static const dc_dnn_layout *layout_tagged(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                          dc_dnn_type type, dnnl_format_tag_t tag)
{
    if (dnn->status < 0)
        return NULL;
    dnnl_dims_t wide = { 0 };
    for (unsigned i = 0; i < n_dims; i++)
        wide[i] = dims[i];
    md_held md;
#if IS_V2
    const dnnl_status_t status =
        dnnl_memory_desc_init_by_tag(&md, (int)n_dims, wide, type_of(type), tag);
#else
    const dnnl_status_t status =
        dnnl_memory_desc_create_with_tag(&md, (int)n_dims, wide, type_of(type), tag);
#endif
    return went_well(dnn, status, "layout") ? layout_keep(dnn, md) : NULL;
}

const dc_dnn_layout *dc_dnn_plain(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                  dc_dnn_type type)
{
    static const dnnl_format_tag_t tags[] = { dnnl_a,   dnnl_a,    dnnl_ab,
                                              dnnl_abc, dnnl_abcd, dnnl_abcde };
    return layout_tagged(dnn, n_dims, dims, type, tags[n_dims]);
}

const dc_dnn_layout *dc_dnn_channels_last(dc_dnn *dnn, const uint32_t *dims, dc_dnn_type type)
{
    return layout_tagged(dnn, 4, dims, type, dnnl_acdb);
}

const dc_dnn_layout *dc_dnn_by_columns(dc_dnn *dnn, const uint32_t *dims, dc_dnn_type type)
{
    return layout_tagged(dnn, 2, dims, type, dnnl_ba);
}

const dc_dnn_layout *dc_dnn_turned(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                   dc_dnn_type type)
{
    return layout_tagged(dnn, n_dims, dims, type, n_dims == 5 ? dnnl_acbde : dnnl_bacd);
}

const dc_dnn_layout *dc_dnn_any(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                dc_dnn_type type)
{
    return layout_tagged(dnn, n_dims, dims, type, dnnl_format_tag_any);
}

const dc_dnn_layout *dc_dnn_like(dc_dnn *dnn, const dc_dnn_layout *layout, unsigned n_dims,
                                 const uint32_t *old_dims, const uint32_t *dims, dc_dnn_type type)
{
    static const dnnl_format_tag_t tags[] = { dnnl_acdb, dnnl_aBcd8b, dnnl_aBcd16b };
    if (dc_dnn_same(layout, dc_dnn_plain(dnn, n_dims, old_dims, type)))
        return dc_dnn_plain(dnn, n_dims, dims, type);
    for (size_t i = 0; n_dims == 4 && i < sizeof tags / sizeof *tags; i++)
        if (dc_dnn_same(layout, layout_tagged(dnn, n_dims, old_dims, type, tags[i])))
            return layout_tagged(dnn, n_dims, dims, type, tags[i]);
    return NULL;
}

const dc_dnn_layout *dc_dnn_retyped(dc_dnn *dnn, const dc_dnn_layout *layout, dc_dnn_type type)
{
#if IS_V2
    if (!layout)
        return NULL;
    md_held md = layout->md;
    md.data_type = type_of(type);
    return layout_keep(dnn, md);
#else
    (void)dnn, (void)layout, (void)type;
    return NULL;
#endif
}

const dc_dnn_layout *dc_dnn_part_of(dc_dnn *dnn, const dc_dnn_layout *layout, unsigned n_dims,
                                    const uint32_t *dims, const uint32_t *offsets)
{
    if (!layout)
        return NULL;
    dnnl_dims_t wide = { 0 }, from = { 0 };
    for (unsigned i = 0; i < n_dims; i++) {
        wide[i] = dims[i];
        from[i] = offsets[i];
    }
    md_held md;
#if IS_V2
    const dnnl_status_t status = dnnl_memory_desc_init_submemory(&md, &layout->md, wide, from);
#else
    const dnnl_status_t status = dnnl_memory_desc_create_submemory(&md, layout->md, wide, from);
#endif
    return status == dnnl_success ? layout_keep(dnn, md) : NULL;
}

bool dc_dnn_same(const dc_dnn_layout *a, const dc_dnn_layout *b)
{
    return a == b || (a && b && dnnl_memory_desc_equal(ref_of(a), ref_of(b)));
}

uint64_t dc_dnn_layout_bytes(const dc_dnn_layout *layout)
{
    return layout ? dnnl_memory_desc_get_size(ref_of(layout)) : 0;
}

/* ---- memories ---- */

static dc_dnn_memory *memory_over(dc_dnn *dnn, const dc_dnn_layout *layout, void *data)
{
    dc_dnn_memory *memory = take(dnn, sizeof *memory);
    dnnl_memory_t handle = NULL;
    void *given = data ? data : DNNL_MEMORY_NONE;
    if (!memory ||
        !went_well(dnn, dnnl_memory_create(&handle, ref_of(layout), dnn->engine, given), "memory"))
        return NULL;
    keep(dnn, THING_MEMORY, handle);
    *memory = (dc_dnn_memory){ layout, data, handle };
    return memory;
}

dc_dnn_memory *dc_dnn_memory_new(dc_dnn *dnn, const dc_dnn_layout *layout, void *data)
{
    if (dnn->status < 0 || !layout)
        return NULL;
    if (!data)
        data = dc_arena_take(dnn->arena, dc_dnn_layout_bytes(layout), 1);
    if (!data)
        dnn->status = dnn->arena->status;
    return data ? memory_over(dnn, layout, data) : NULL;
}

dc_dnn_memory *dc_dnn_memory_lent(dc_dnn *dnn, const dc_dnn_layout *layout)
{
    return dnn->status < 0 || !layout ? NULL : memory_over(dnn, layout, NULL);
}

void dc_dnn_point(dc_dnn *dnn, dc_dnn_memory *memory, void *data)
{
    if (!memory || memory->data == data)
        return;
    memory->data = data;
    went_well(dnn, dnnl_memory_set_data_handle(memory->handle, data), "memory");
}

/* ---- plans: what both versions share ---- */

static making making_of(const dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_plan *forward)
{
    static const dnnl_prop_kind_t props[] = {
        [DC_DNN_INFER] = dnnl_forward_inference,
        [DC_DNN_TRAIN] = dnnl_forward_training,
        [DC_DNN_BACK_DATA] = dnnl_backward_data,
        [DC_DNN_BACK_WEIGHTS] = dnnl_backward_weights,
    };
    return (making){ .engine = dnn->engine,
                     .prop = props[pass],
                     .attr = dnn->attr,
                     .hint = forward ? forward->pd : NULL };
}

static const dc_dnn_plan *plan_keep(dc_dnn *dnn, dnnl_status_t status, dnnl_primitive_desc_t pd)
{
    if (status != dnnl_success)
        return NULL;
    dc_dnn_plan *plan = take(dnn, sizeof *plan);
    keep(dnn, THING_PLAN, pd);
    if (plan)
        plan->pd = pd;
    return plan;
}

static eltwise eltwise_of(const dc_dnn_curve *curve)
{
    static const struct {
        dnnl_alg_kind_t alg, back_by_dst;
    } kinds[] = {
        [DC_DNN_RELU] = { dnnl_eltwise_relu, dnnl_eltwise_relu_use_dst_for_bwd },
        [DC_DNN_CLIP] = { dnnl_eltwise_clip_v2, dnnl_eltwise_clip_v2_use_dst_for_bwd },
        [DC_DNN_SIGMOID] = { dnnl_eltwise_logistic, dnnl_eltwise_logistic_use_dst_for_bwd },
        [DC_DNN_TANH] = { dnnl_eltwise_tanh, dnnl_eltwise_tanh_use_dst_for_bwd },
        [DC_DNN_SILU] = { dnnl_eltwise_swish, dnnl_alg_kind_undef },
        [DC_DNN_HARD_SWISH] = { dnnl_eltwise_hardswish, dnnl_alg_kind_undef },
        [DC_DNN_HARD_SIGMOID] = { dnnl_eltwise_hardsigmoid, dnnl_alg_kind_undef },
        [DC_DNN_ELU] = { dnnl_eltwise_elu, dnnl_eltwise_elu_use_dst_for_bwd },
        [DC_DNN_SOFTPLUS] = { dnnl_eltwise_soft_relu, dnnl_alg_kind_undef },
        [DC_DNN_GELU] = { dnnl_eltwise_gelu_erf, dnnl_alg_kind_undef },
        [DC_DNN_GELU_TANH] = { dnnl_eltwise_gelu_tanh, dnnl_alg_kind_undef },
    };
    const dnnl_alg_kind_t alg = kinds[curve->kind].alg;
    return (eltwise){ alg, curve->is_by_dst ? kinds[curve->kind].back_by_dst : alg, curve->a,
                      curve->b };
}

/* The common attributes, or with a curve some of their own: attr_done ends these. */
static dnnl_primitive_attr_t attr_of(dc_dnn *dnn, const dc_dnn_curve *curve)
{
    dnnl_post_ops_t ops = NULL;
    if (!curve || dnn->status < 0)
        return dnn->attr;
    dnnl_primitive_attr_t attr = attr_new(dnn);
    if (dnn->status == DC_OK && went_well(dnn, dnnl_post_ops_create(&ops), "post ops") &&
        went_well(dnn, append_eltwise(ops, eltwise_of(curve)), "activation"))
        went_well(dnn, dnnl_primitive_attr_set_post_ops(attr, ops), "post ops");
    dnnl_post_ops_destroy(ops);
    return attr;
}

static void attr_done(const dc_dnn *dnn, dnnl_primitive_attr_t attr)
{
    if (attr != dnn->attr)
        dnnl_primitive_attr_destroy(attr);
}

static windows windows_of(const dc_dnn_window *window)
{
    windows w = { 0 };
    for (int i = 0; i < 2; i++) {
        w.kernel[i] = window->kernel[i];
        w.stride[i] = window->stride[i];
        w.dilation[i] = window->dilation[i] - 1;
        w.low[i] = window->pad_low[i];
        w.high[i] = window->pad_high[i];
    }
    return w;
}

const dc_dnn_plan *dc_dnn_conv(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_window *window,
                               const dc_dnn_layout *const io[4], const dc_dnn_curve *curve,
                               const dc_dnn_plan *forward)
{
    making m = making_of(dnn, pass, forward);
    const windows w = windows_of(window);
    m.attr = attr_of(dnn, curve);
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_status_t status =
        dnn->status < 0
            ? dnnl_runtime_error
            : (window->is_turned ? make_deconv : make_conv)(&pd, &m, &w, ref_of(io[0]),
                                                            ref_of(io[1]), ref_of(io[2]),
                                                            ref_of(io[3]));
    attr_done(dnn, m.attr);
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_linear(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *const io[4],
                                 const dc_dnn_curve *curve, const dc_dnn_plan *forward)
{
    making m = making_of(dnn, pass, forward);
    m.attr = attr_of(dnn, curve);
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_status_t status =
        dnn->status < 0
            ? dnnl_runtime_error
            : make_linear(&pd, &m, ref_of(io[0]), ref_of(io[1]), ref_of(io[2]), ref_of(io[3]));
    attr_done(dnn, m.attr);
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_pool(dc_dnn *dnn, dc_dnn_pass pass, dc_dnn_pool_kind kind,
                               const dc_dnn_window *window, const dc_dnn_layout *const io[2],
                               const dc_dnn_plan *forward)
{
    static const dnnl_alg_kind_t kinds[] = {
        [DC_DNN_MAX] = dnnl_pooling_max,
        [DC_DNN_MEAN] = dnnl_pooling_avg_exclude_padding,
        [DC_DNN_MEAN_WITH_PAD] = dnnl_pooling_avg_include_padding,
    };
    const making m = making_of(dnn, pass, forward);
    const windows w = windows_of(window);
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_status_t status =
        dnn->status < 0 ? dnnl_runtime_error
                        : make_pool(&pd, &m, kinds[kind], &w, ref_of(io[0]), ref_of(io[1]));
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_eltwise(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_curve *curve,
                                  const dc_dnn_layout *data, const dc_dnn_plan *forward)
{
    const making m = making_of(dnn, pass, forward);
    const eltwise e = eltwise_of(curve);
    dnnl_primitive_desc_t pd = NULL;
    if (dnn->status < 0 || e.alg == dnnl_alg_kind_undef)
        return NULL;
    const dnnl_status_t status = make_eltwise(&pd, &m, e, ref_of(data));
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_norm(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *data,
                               float epsilon, const dc_dnn_plan *forward)
{
    making m = making_of(dnn, pass, forward);
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    if (pass == DC_DNN_INFER)
        flags |= dnnl_use_global_stats;
    if (pass == DC_DNN_BACK_DATA)
        m.prop = dnnl_backward;
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_status_t status =
        dnn->status < 0 ? dnnl_runtime_error : make_norm(&pd, &m, ref_of(data), epsilon, flags);
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_lrn(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *data,
                              uint32_t size, const float alpha_beta_k[3],
                              const dc_dnn_plan *forward)
{
    const making m = making_of(dnn, pass, forward);
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_status_t status =
        dnn->status < 0 ? dnnl_runtime_error : make_lrn(&pd, &m, ref_of(data), size, alpha_beta_k);
    return plan_keep(dnn, status, pd);
}

/* Concat and sum take an array of descriptors by value in version 2, of pointers in 3. */
static md_held *gather(dc_dnn *dnn, uint32_t n, const dc_dnn_layout *const *sources)
{
    md_held *all = dc_arena_take(dnn->arena, n, sizeof *all);
    for (uint32_t i = 0; all && i < n; i++)
        all[i] = sources[i]->md;
    return all;
}

const dc_dnn_plan *dc_dnn_concat(dc_dnn *dnn, const dc_dnn_layout *dst, uint32_t n,
                                 const dc_dnn_layout *const *sources)
{
    dnnl_primitive_desc_t pd = NULL;
    const md_held *all = dnn->status < 0 ? NULL : gather(dnn, n, sources);
    if (!all)
        return NULL;
#if IS_V2
    const dnnl_status_t status =
        dnnl_concat_primitive_desc_create(&pd, ref_of(dst), (int)n, 1, all, dnn->attr, dnn->engine);
#else
    const dnnl_status_t status = dnnl_concat_primitive_desc_create(
        &pd, dnn->engine, ref_of(dst), (int)n, 1, (const const_dnnl_memory_desc_t *)all, dnn->attr);
#endif
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_sum(dc_dnn *dnn, const dc_dnn_layout *dst, uint32_t n,
                              const dc_dnn_layout *const *sources)
{
    dnnl_primitive_desc_t pd = NULL;
    const md_held *all = dnn->status < 0 ? NULL : gather(dnn, n, sources);
    float *ones = dc_arena_take(dnn->arena, n, sizeof *ones);
    if (!all || !ones)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        ones[i] = 1.0f;
#if IS_V2
    const dnnl_status_t status =
        dnnl_sum_primitive_desc_create(&pd, ref_of(dst), (int)n, ones, all, dnn->attr, dnn->engine);
#else
    const dnnl_status_t status = dnnl_sum_primitive_desc_create(
        &pd, dnn->engine, ref_of(dst), (int)n, ones, (const const_dnnl_memory_desc_t *)all,
        dnn->attr);
#endif
    return plan_keep(dnn, status, pd);
}

const dc_dnn_plan *dc_dnn_pair(dc_dnn *dnn, dc_dnn_pair_kind kind, const dc_dnn_layout *src,
                               const dc_dnn_layout *src_1)
{
    static const dnnl_alg_kind_t kinds[] = { dnnl_binary_add, dnnl_binary_mul, dnnl_binary_sub };
    const making m = making_of(dnn, DC_DNN_INFER, NULL);
    dnnl_primitive_desc_t pd = NULL;
    const char *how = "";
    if (dnn->status < 0 ||
        make_binary(&pd, &m, kinds[kind], ref_of(src), ref_of(src_1)) != dnnl_success)
        return NULL;
    const dc_dnn_plan *plan = plan_keep(dnn, dnnl_success, pd);
    if (dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &how) != dnnl_success)
        return NULL;
    return strncmp(how, "ref", 3) == 0 ? NULL : plan;
}

const dc_dnn_plan *dc_dnn_reorder(dc_dnn *dnn, const dc_dnn_layout *from, const dc_dnn_layout *to)
{
    dnnl_primitive_desc_t pd = NULL;
    if (dnn->status < 0)
        return NULL;
    const dnnl_status_t status = dnnl_reorder_primitive_desc_create(
        &pd, ref_of(from), dnn->engine, ref_of(to), dnn->engine, dnn->attr);
    return plan_keep(dnn, status, pd);
}

/* ---- slots and steps ---- */

static const struct {
    int arg;
    dnnl_query_t query;
} slots[] = {
    [DC_DNN_SRC] = { DNNL_ARG_SRC, dnnl_query_src_md },
    [DC_DNN_SRC_1] = { DNNL_ARG_SRC_1, dnnl_query_undef },
    [DC_DNN_DST] = { DNNL_ARG_DST, dnnl_query_dst_md },
    [DC_DNN_WEIGHTS] = { DNNL_ARG_WEIGHTS, dnnl_query_weights_md },
    [DC_DNN_BIAS] = { DNNL_ARG_BIAS, dnnl_query_undef },
    [DC_DNN_WORKSPACE] = { DNNL_ARG_WORKSPACE, dnnl_query_workspace_md },
    [DC_DNN_D_SRC] = { DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md },
    [DC_DNN_D_DST] = { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md },
    [DC_DNN_D_WEIGHTS] = { DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md },
    [DC_DNN_D_BIAS] = { DNNL_ARG_DIFF_BIAS, dnnl_query_undef },
    [DC_DNN_MEAN_OF] = { DNNL_ARG_MEAN, dnnl_query_undef },
    [DC_DNN_VARIANCE] = { DNNL_ARG_VARIANCE, dnnl_query_undef },
    [DC_DNN_SCALE] = { DNNL_ARG_SCALE, dnnl_query_undef },
    [DC_DNN_SHIFT] = { DNNL_ARG_SHIFT, dnnl_query_undef },
    [DC_DNN_D_SCALE] = { DNNL_ARG_DIFF_SCALE, dnnl_query_undef },
    [DC_DNN_D_SHIFT] = { DNNL_ARG_DIFF_SHIFT, dnnl_query_undef },
};

const dc_dnn_layout *dc_dnn_needs(dc_dnn *dnn, const dc_dnn_plan *plan, dc_dnn_slot slot)
{
    if (!plan || slots[slot].query == dnnl_query_undef)
        return NULL;
    const md_ref md = dnnl_primitive_desc_query_md(plan->pd, slots[slot].query, 0);
    if (!md || dnnl_memory_desc_get_size(md) == 0)
        return NULL;
#if IS_V2
    return layout_keep(dnn, *md);
#else
    dnnl_memory_desc_t copy = NULL;
    return went_well(dnn, dnnl_memory_desc_clone(&copy, md), "layout") ? layout_keep(dnn, copy)
                                                                       : NULL;
#endif
}

/* Steps run one after the other and so work in the same place. One that needs more than was needed
 * before gets a larger one; those before it keep theirs. */
static void bind_scratch(dc_dnn *dnn, dc_dnn_step *step, const dc_dnn_plan *plan)
{
    const md_ref md = dnnl_primitive_desc_query_md(plan->pd, dnnl_query_scratchpad_md, 0);
    const uint64_t n_bytes = md ? dnnl_memory_desc_get_size(md) : 0;
    dnnl_memory_t handle = NULL;
    if (n_bytes == 0)
        return;
    if (n_bytes > dnn->scratch_bytes) {
        dnn->scratch = take(dnn, n_bytes);
        dnn->scratch_bytes = dnn->scratch ? n_bytes : 0;
    }
    if (!dnn->scratch ||
        !went_well(dnn, dnnl_memory_create(&handle, md, dnn->engine, dnn->scratch), "scratch"))
        return;
    keep(dnn, THING_MEMORY, handle);
    step->args[step->n_args++] = (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, handle };
}

/* What a plan takes differs between versions: the backward of a batch norm needs its shift in 2 and
 * not in 3. A plan says how many memories it takes, and has a descriptor for each of them; some
 * versions have one for the shift all the same, so what is in doubt is bound last. */
static int n_taken(const dc_dnn_plan *plan)
{
    return dnnl_primitive_desc_query_s32(plan->pd, dnnl_query_num_of_inputs_s32, 0) +
           dnnl_primitive_desc_query_s32(plan->pd, dnnl_query_num_of_outputs_s32, 0);
}

static bool has_descriptor(const dc_dnn_plan *plan, int arg)
{
    const md_ref md = dnnl_primitive_desc_query_md(plan->pd, dnnl_query_exec_arg_md, arg);
    return md && n_dims_of(md) > 0;
}

dc_dnn_step *dc_dnn_step_new(dc_dnn *dnn, const dc_dnn_plan *plan, uint32_t n_bound,
                             const dc_dnn_bound *bound)
{
    if (dnn->status < 0)
        return NULL;
    if (!plan) {
        dnn->status = dc_fail(DC_EUNSUPPORTED, "oneDNN has no such step");
        return NULL;
    }
    dc_dnn_step *step = take(dnn, sizeof *step);
    if (!step || !went_well(dnn, dnnl_primitive_create(&step->primitive, plan->pd), "step"))
        return NULL;
    keep(dnn, THING_PRIMITIVE, step->primitive);
    const int n_max = n_taken(plan);
    for (uint32_t i = 0; i < n_bound && step->n_args < n_max; i++) {
        if (!bound[i].memory)
            continue;
        const int slot = bound[i].slot;
        const int arg =
            slot >= DC_DNN_MANY ? DNNL_ARG_MULTIPLE_SRC + slot - DC_DNN_MANY : slots[slot].arg;
        if (has_descriptor(plan, arg))
            step->args[step->n_args++] = (dnnl_exec_arg_t){ arg, bound[i].memory->handle };
    }
    bind_scratch(dnn, step, plan);
    return step;
}

dc_status dc_dnn_run(dc_dnn *dnn, const dc_dnn_step *step)
{
    const dnnl_status_t status =
        dnnl_primitive_execute(step->primitive, dnn->stream, step->n_args, step->args);
    return went_well(dnn, status, "step") ? DC_OK : dnn->status;
}
