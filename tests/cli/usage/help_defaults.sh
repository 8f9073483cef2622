# SPDX-License-Identifier: MIT
# --help says the default of every number that has one, 0 too, and none of one that has not.
help=$(dcomp train --help | tr -s ' \n' ' ')
for option in warmup clip shift rotate label-smoothing final-lr patience epochs lr limit holdout; do
    said=${help#* --$option }
    echo "$option ${said%% --*}"
done | grep -oE '^[a-z-]+|default [0-9.]+$'
