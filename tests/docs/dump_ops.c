/* SPDX-License-Identifier: MIT
 *
 * Prints the table of ops, as ops_page.py reads it: of each op its number, name, least and most
 * inputs and parameters, then a line for each attribute.
 */
#include <stdio.h>

#include "dcomp/model.h"

static void print_attr(const dc_attr_rule *rule)
{
    static const char *const forms[] = { "real", "whole", "switch" };
    char text[160];
    dc_print(text, sizeof text, "attr %u %s %s %.17g %.17g %.17g", (unsigned)rule->number,
             dc_attr_name(rule->attr), forms[rule->form], rule->value, rule->min, rule->max);
    puts(text);
}

static void print_op(const dc_op_kind *kind)
{
    printf("op %d %s %u %u", (int)kind->op, kind->name, (unsigned)kind->min_inputs,
           (unsigned)kind->max_inputs);
    for (uint32_t i = 0; i < kind->n_params; i++)
        printf(" %s", dc_role_name(kind->roles[i]));
    printf("\n");
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        print_attr(&kind->attrs[i]);
}

int main(void)
{
    for (uint32_t op = 1; op < DC_N_OPS; op++)
        if (dc_op_kind_of(op) != NULL)
            print_op(dc_op_kind_of(op));
    return 0;
}
