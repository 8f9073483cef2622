/* SPDX-License-Identifier: MIT
 *
 * The k-th of numbers without sorting them [Hoare 1961: FIND]: parts that cannot hold it are left
 * as they are.
 */
#include "dcomp/base.h"

float dc_select_smallest(float *values, uint64_t n, uint64_t k)
{
    uint64_t low = 0, high = n - 1;
    while (low < high) {
        const float pivot = values[low + (high - low) / 2];
        uint64_t i = low, j = high;
        for (;; i++, j--) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            const float other = values[i];
            values[i] = values[j];
            values[j] = other;
        }
        if (k <= j) /* low .. j are not above the pivot, what follows is not below it */
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}
