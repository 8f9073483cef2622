/* SPDX-License-Identifier: MIT
 *
 * What an engine decided, layer by layer: --explain of eval and run.
 */
#include "cli.h"

/* The words of engines that choose, "packed or auto". */
static const char *words_that_choose(dc_arena *arena)
{
    const char *words = "";
    for (uint32_t i = 0; dc_engine_at(i) != NULL; i++)
        if (dc_engine_at(i)->explain != NULL)
            words = dc_arena_print(arena, "%s%s%s", words, words[0] != '\0' ? " or " : "",
                                   dc_engine_at(i)->name);
    return words;
}

dc_status cli_check_explain(cli_call *call, bool is_asked, uint32_t engine)
{
    if (!is_asked || dc_engine_at(engine)->explain != NULL)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'--explain' needs '--engine %s': '%s' has nothing to choose",
                   words_that_choose(&call->arena), dc_engine_at(engine)->name);
}

void cli_add_choices(dc_document *d, const dc_engine_choices *choices)
{
    dc_json *outer = d->at;
    d->at = dc_json_add_object(outer, "choices");
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_JSON, .title = "choices", .rows = choices,
                                      .fields = dc_engine_choices_fields, .is_record = true });
    dc_document_text(d, "expected of %u sample%s", choices->batch_size,
                     dc_plural(choices->batch_size));
    if (choices->n_together < choices->batch_size)
        dc_document_text(d, " in parts of %u", choices->n_together);
    dc_document_text(d, ", on one core:\n");
    dc_document_add(d, &(dc_section){ .title = "choices", .key = "layers",
                                      .fields = dc_engine_layer_fields, .rows = choices->layers,
                                      .row_bytes = sizeof *choices->layers,
                                      .n_rows = choices->n_layers });
    d->at = outer;
}
