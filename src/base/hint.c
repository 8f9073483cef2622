/* SPDX-License-Identifier: MIT
 *
 * "did you mean": of the words that are known, the one nearest to what was given. Near is a slip or
 * two of the finger (a byte more, less or other, two that changed places), one in a word of up to
 * three letters, or a word that was cut short; case does not count, nor which kind of dash.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dcomp/base.h"

#define WORD_MAX (DC_HINT_WORD_BYTES - 1)
#define FAR 99u

static char fold(char c)
{
    return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

/* Of a's first i bytes to b's first j, from the row before and, for two that changed places, the
 * one before that. */
static unsigned distance_at(unsigned rows[3][WORD_MAX + 1], size_t i, size_t j, const char *a,
                            const char *b)
{
    const unsigned *before = rows[(i + 2) % 3], *at = rows[i % 3];
    const char x = fold(a[i - 1]), y = fold(b[j - 1]);
    unsigned least = before[j - 1] + (x != y);
    least = DC_MIN(least, DC_MIN(before[j], at[j - 1]) + 1);
    if (i > 1 && j > 1 && x == fold(b[j - 2]) && fold(a[i - 2]) == y)
        least = DC_MIN(least, rows[(i + 1) % 3][j - 2] + 1);
    return least;
}

static unsigned distance_of(const char *a, size_t n_a, const char *b, size_t n_b)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= n_b; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n_a; i++) {
        rows[i % 3][0] = (unsigned)i;
        for (size_t j = 1; j <= n_b; j++)
            rows[i % 3][j] = distance_at(rows, i, j, a, b);
    }
    return rows[n_a % 3][n_b];
}

static bool is_beginning(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t i = 0;
    while (i < n_a && i < n_b && fold(a[i]) == fold(b[i]))
        i++;
    return i == n_a;
}

/* How far the candidate is from the word; FAR when it is nothing like it. */
static unsigned score(const char *word, size_t n_word, const char *candidate, size_t n)
{
    if (n_word < 2 || n_word > WORD_MAX || n > WORD_MAX)
        return FAR;
    const unsigned distance = distance_of(word, n_word, candidate, n);
    if (distance <= (n_word <= 3 ? 1u : 2u))
        return distance;
    return is_beginning(word, n_word, candidate, n) ? 2 : FAR;
}

dc_hint dc_hint_for(const char *word)
{
    return (dc_hint){ .word = word, .n_word = strlen(word), .prefix = "", .distance = FAR };
}

static void offer(dc_hint *hint, const char *candidate, size_t n)
{
    const unsigned distance = score(hint->word, hint->n_word, candidate, n);
    if (distance >= hint->distance)
        return;
    hint->distance = distance;
    memcpy(hint->nearest, candidate, n);
    hint->nearest[n] = '\0';
}

void dc_hint_offer(dc_hint *hint, const char *candidate)
{
    offer(hint, candidate, strlen(candidate));
}

void dc_hint_offer_choices(dc_hint *hint, const char *choices)
{
    while (*choices != '\0') {
        const size_t n = strcspn(choices, "|");
        offer(hint, choices, n);
        choices += n + (choices[n] == '|');
    }
}

const char *dc_hint_text(dc_hint *hint)
{
    hint->text[0] = '\0';
    if (hint->nearest[0] != '\0')
        snprintf(hint->text, sizeof hint->text, ", did you mean '%s%s'?", hint->prefix,
                 hint->nearest);
    return hint->text;
}
