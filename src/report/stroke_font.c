/* SPDX-License-Identifier: MIT
 *
 * A one-line sans serif drawn for this project: every letter is a few strokes of even width with
 * round ends. Units: the baseline is 0, small letters are 50 high, capitals 70, and descenders
 * reach -20; an em is 98. A path is a string:
 *
 *     M x y  move             L x y  line             D x y  dot
 *     h x y  quarter of an ellipse that sets out level and arrives upright
 *     v x y  quarter of an ellipse that sets out upright and arrives level
 *     c x y x y x y  cubic curve
 *
 * Heights are fitted to whole pixels (small letters and capitals apart), and the baseline to the
 * pixel grid, so that level strokes stay crisp; widths stay fractional, so that spacing stays even.
 */
#include "canvas.h"

#include <math.h>
#include <string.h>

#define EM 98.0
#define X_HEIGHT 50.0
#define CAP_HEIGHT 70.0
#define BOLD_SPREAD 2.5 /* more advance for bold letters */
#define NARROWEST 21.0 /* advance */
#define ROUNDNESS 0.575 /* 0.552 is a true ellipse; a little squarer opens small counters */
#define N_CURVE_STEPS 10
#define SUPER_SIZE 0.72
#define SUPER_RAISE 0.36 /* em */

typedef struct glyph {
    double advance;
    const char *path;
} glyph;

static const glyph glyphs[] = {
    { 27, "" },                                                                 /* space */
    { 27, "M13 70L13 23D13 2" },                                                /* ! */
    { 35, "M11 70L11 51M24 70L24 51" },                                         /* " */
    { 54, "M22 70L14 0M41 70L33 0M7 47L50 47M4 23L47 23" },                     /* # */
    { 54, "M45 53c42 61 36 64 27 64h9 50c9 39 17 37 27 35c37 33 46 30 46 19v27 5"
          "c17 5 10 9 8 17M27 76L27 -6" },                                      /* $ */
    { 88, "M8 53v22 70h36 53v22 36h8 53M52 17v66 34h80 17v66 0h52 17M65 70L23 0" }, /* % */
    { 64, "M58 0L18 47c8 59 15 70 27 70c40 70 44 56 34 47c26 40 8 35 8 18v27 0"
          "c42 0 52 14 54 32" },                                                /* & */
    { 21, "M11 70L11 51" },                                                     /* ' */
    { 31, "M24 77c8 56 8 4 24 -17" },                                           /* ( */
    { 31, "M7 77c23 56 23 4 7 -17" },                                           /* ) */
    { 38, "M19 70L19 43M8 64L30 49M30 64L8 49" },                               /* * */
    { 57, "M28 52L28 8M6 30L50 30" },                                           /* + */
    { 26, "M14 3L9 -12" },                                                      /* , */
    { 36, "M7 28L29 28" },                                                      /* - */
    { 26, "D13 1" },                                                            /* . */
    { 32, "M4 -6L28 75" },                                                      /* / */
    { 54, "M8 35v27 70h46 35v27 0h8 35" },                                      /* 0 */
    { 54, "M13 55L30 70L30 0" },                                                /* 1 */
    { 54, "M9 52v27 70h45 51c45 37 30 26 9 0L47 0" },                           /* 2 */
    { 54, "M10 57c14 66 19 70 27 70h44 54v26 38L20 38M26 38h47 19v26 0c17 0 10 4 7 14" }, /* 3 */
    { 54, "M38 0L38 70L6 21L50 21" },                                           /* 4 */
    { 54, "M44 70L14 70L11 37c15 42 20 45 27 45h47 22v26 0c17 0 11 4 8 13" },   /* 5 */
    { 54, "M43 59c39 66 35 70 28 70h8 35L8 23v27 45h46 22v27 0h8 23" },         /* 6 */
    { 54, "M7 70L46 70c33 50 23 28 20 0" },                                     /* 7 */
    { 54, "M10 54v27 70h44 54v27 38h10 54M7 19v27 38h47 19v27 0h7 19" },        /* 8 */
    { 54, "M11 11c15 4 19 0 26 0h46 35L46 47v27 25h8 48v27 70h46 47" },         /* 9 */
    { 26, "D13 1D13 45" },                                                      /* : */
    { 26, "D13 45M14 3L9 -12" },                                                /* ; */
    { 57, "M49 51L8 30L49 9" },                                                 /* < */
    { 57, "M6 40L50 40M6 20L50 20" },                                           /* = */
    { 57, "M8 51L49 30L8 9" },                                                  /* > */
    { 50, "M8 54v26 70h44 53c44 38 25 38 25 20D25 2" },                         /* ? */
    { 98, "M76 -6c68 -12 60 -14 50 -14h8 27v50 68h90 32c90 18 84 10 76 10"
          "c69 10 66 14 66 22L66 48M66 30v49 48h33 28v48 10h66 30" },           /* @ */
    { 63, "M4 0L31 70L58 0M13 23L49 23" },                                      /* A */
    { 63, "M11 37L11 70L33 70h51 54v33 37L11 37L11 0L33 0h55 19v33 37" },       /* B */
    { 68, "M61 52c56 64 48 70 37 70h8 35v37 0c48 0 57 6 62 18" },               /* C */
    { 70, "M11 0L11 70L30 70h62 35v30 0L11 0" },                                /* D */
    { 60, "M52 70L11 70L11 0L53 0M11 37L47 37" },                               /* E */
    { 56, "M51 70L11 70L11 0M11 36L46 36" },                                    /* F */
    { 74, "M61 54c56 65 48 70 37 70h8 35v37 0h63 26L63 34L39 34" },             /* G */
    { 69, "M11 0L11 70M58 0L58 70M11 37L58 37" },                               /* H */
    { 24, "M12 0L12 70" },                                                      /* I */
    { 49, "M38 70L38 18v22 0h6 18" },                                           /* J */
    { 63, "M11 0L11 70M55 70L11 26M26 41L58 0" },                               /* K */
    { 53, "M11 70L11 0L48 0" },                                                 /* L */
    { 80, "M11 0L11 70L40 12L69 70L69 0" },                                     /* M */
    { 69, "M11 0L11 70L58 0L58 70" },                                           /* N */
    { 76, "M8 35v38 70h68 35v38 0h8 35" },                                      /* O */
    { 61, "M11 0L11 70L34 70h54 50v34 30L11 30" },                              /* P */
    { 76, "M8 35v38 70h68 35v38 0h8 35M46 15L67 -5" },                          /* Q */
    { 64, "M11 0L11 70L34 70h55 51v34 32L11 32M34 32L57 0" },                   /* R */
    { 62, "M53 55c49 65 42 70 31 70h10 53c10 41 20 38 31 36c43 33 55 30 55 18v31 0"
          "c20 0 11 6 7 17" },                                                  /* S */
    { 58, "M4 70L54 70M29 70L29 0" },                                           /* T */
    { 68, "M10 70L10 26v34 0h58 26L58 70" },                                    /* U */
    { 60, "M4 70L30 0L56 70" },                                                 /* V */
    { 88, "M4 70L23 0L44 66L65 0L84 70" },                                      /* W */
    { 60, "M6 70L54 0M54 70L6 0" },                                             /* X */
    { 58, "M4 70L29 33L54 70M29 33L29 0" },                                     /* Y */
    { 60, "M7 70L52 70L6 0L54 0" },                                             /* Z */
    { 31, "M26 77L12 77L12 -17L26 -17" },                                       /* [ */
    { 32, "M4 75L28 -6" },                                                      /* \ */
    { 31, "M5 77L19 77L19 -17L5 -17" },                                         /* ] */
    { 46, "M7 46L23 70L39 46" },                                                /* ^ */
    { 52, "M2 -12L50 -12" },                                                    /* _ */
    { 30, "M8 72L20 60" },                                                      /* ` */
    { 55, "M11 41c14 47 19 50 27 50h44 34L44 0M44 29L25 29h8 14v23 0h44 17" },  /* a */
    { 55, "M11 70L11 0M11 25v29 50h47 25v29 0h11 25" },                         /* b */
    { 50, "M44 38c41 46 36 50 28 50h8 25v28 0c36 0 42 4 45 12" },               /* c */
    { 55, "M44 70L44 0M44 25v26 50h8 25v26 0h44 25" },                          /* d */
    { 54, "M8 26L46 26v27 50h8 25v27 0c35 0 41 3 45 11" },                      /* e */
    { 30, "M29 70L27 70h14 57L14 0M4 50L27 50" },                               /* f */
    { 55, "M44 50L44 -3v26 -20c18 -20 13 -18 9 -13M44 25v26 50h8 25v26 0h44 25" }, /* g */
    { 55, "M11 70L11 0M11 31v29 50h45 33L45 0" },                               /* h */
    { 23, "M11 50L11 0D11 68" },                                                /* i */
    { 24, "M12 50L12 -8v2 -20L-1 -20D12 68" },                                  /* j */
    { 49, "M11 70L11 0M43 50L11 18M22 29L45 0" },                               /* k */
    { 28, "M11 70L11 10v20 0L23 0" },                                           /* l */
    { 80, "M11 50L11 0M11 33v26 50h40 35L40 0M40 33v55 50h69 35L69 0" },        /* m */
    { 55, "M11 50L11 0M11 31v29 50h45 33L45 0" },                               /* n */
    { 54, "M8 25v27 50h46 25v27 0h8 25" },                                      /* o */
    { 55, "M11 50L11 -20M11 25v29 50h47 25v29 0h11 25" },                       /* p */
    { 55, "M44 50L44 -20M44 25v26 50h8 25v26 0h44 25" },                        /* q */
    { 34, "M11 50L11 0M11 30v28 50L32 50" },                                    /* r */
    { 49, "M41 40c38 47 33 50 25 50h9 38c9 28 17 27 25 25c33 23 42 22 42 13v25 0"
          "c16 0 10 4 7 11" },                                                  /* s */
    { 32, "M14 65L14 13v25 0L30 0M4 50L29 50" },                                /* t */
    { 55, "M10 50L10 17v26 0h44 19M44 50L44 0" },                               /* u */
    { 48, "M5 50L24 0L43 50" },                                                 /* v */
    { 69, "M5 50L20 0L34 47L49 0L64 50" },                                      /* w */
    { 48, "M6 50L42 0M42 50L6 0" },                                             /* x */
    { 48, "M5 50L24 1M43 50L22 -8c19 -17 15 -20 6 -20" },                       /* y */
    { 48, "M7 50L40 50L6 0L42 0" },                                             /* z */
    { 33, "M27 77h16 65L16 42v6 30h16 18L16 -5v27 -17" },                       /* { */
    { 24, "M12 78L12 -18" },                                                    /* | */
    { 33, "M6 77h17 65L17 42v27 30h17 18L17 -5v6 -17" },                        /* } */
    { 57, "M6 25c12 41 20 37 28 30c36 23 44 20 50 35" },                        /* ~ */
};

static const glyph unknown = { 54, "M9 0L9 70L45 70L45 0L9 0" };

/* The next glyph, and whether it is a small letter; NULL at the end. Steps over DC_SUPERSCRIPT. */
static const glyph *next_glyph(const char **text, bool *is_small, bool *is_super)
{
    const unsigned char *p = (const unsigned char *)*text;
    while (*p == 1)
        *is_super = true, p++;
    if (*p == 0)
        return NULL;
    const unsigned char first = *p++;
    while (first >= 0xC0 && (*p & 0xC0) == 0x80)
        p++;
    *text = (const char *)p;
    *is_small = first >= 'a' && first <= 'z';
    return first >= 32 && first < 127 ? &glyphs[first - 32] : &unknown;
}

static double width_of(const char *text, double size, double spread)
{
    double units = 0;
    bool is_small, is_super = false;
    for (const glyph *g; (g = next_glyph(&text, &is_small, &is_super)) != NULL;)
        units += (g->advance + spread) * (is_super ? SUPER_SIZE : 1);
    return units * size / EM;
}

double dc_lettering_width(const char *text, double size)
{
    return width_of(text, size, 0);
}

typedef struct pen {
    dc_canvas *canvas;
    double x, y;           /* origin of the glyph on the canvas                      */
    double scale;          /* pixels a unit                                          */
    double small_y, cap_y; /* pixels a unit, fitted: up to 50, and from there to 70  */
    double width;          /* of the stroke [px]                                     */
    bool is_small, is_upward;
    double at_x, at_y; /* where the pen is, in units */
} pen;

static double pen_height(const pen *p, double y)
{
    if (y <= 0)
        return y * p->scale;
    if (!p->is_small)
        return y * p->cap_y;
    if (y <= X_HEIGHT)
        return y * p->small_y;
    const double rest = (CAP_HEIGHT * p->cap_y - X_HEIGHT * p->small_y) / (CAP_HEIGHT - X_HEIGHT);
    return X_HEIGHT * p->small_y + (y - X_HEIGHT) * rest;
}

static void pen_place(const pen *p, double x, double y, double *px, double *py)
{
    const double along = x * p->scale, up = pen_height(p, y);
    *px = p->is_upward ? p->x - up : p->x + along;
    *py = p->is_upward ? p->y - along : p->y - up;
}

static void pen_line(pen *p, double x, double y)
{
    double x0, y0, x1, y1;
    pen_place(p, p->at_x, p->at_y, &x0, &y0);
    pen_place(p, x, y, &x1, &y1);
    dc_canvas_segment(p->canvas, x0, y0, x1, y1, p->width);
    p->at_x = x, p->at_y = y;
}

static void pen_dot(const pen *p, double x, double y)
{
    double cx, cy;
    pen_place(p, x, y, &cx, &cy);
    dc_canvas_disc(p->canvas, cx, cy, p->width * 0.66);
}

static void pen_curve(pen *p, const double c[6])
{
    const double x = p->at_x, y = p->at_y;
    for (int i = 1; i <= N_CURVE_STEPS; i++) {
        const double t = (double)i / N_CURVE_STEPS, u = 1 - t;
        const double w0 = u * u * u, w1 = 3 * u * u * t, w2 = 3 * u * t * t, w3 = t * t * t;
        pen_line(p, w0 * x + w1 * c[0] + w2 * c[2] + w3 * c[4],
                 w0 * y + w1 * c[1] + w2 * c[3] + w3 * c[5]);
    }
}

static void pen_quarter(pen *p, bool is_level, double x, double y)
{
    const double dx = x - p->at_x, dy = y - p->at_y, k = ROUNDNESS;
    const double level[6] = { p->at_x + k * dx, p->at_y, x, y - k * dy, x, y };
    const double upright[6] = { p->at_x, p->at_y + k * dy, x - k * dx, y, x, y };
    pen_curve(p, is_level ? level : upright);
}

static const char *path_number(const char *path, double *out)
{
    const bool is_negative = *path == '-';
    int value = 0;
    path += is_negative;
    while (*path >= '0' && *path <= '9')
        value = value * 10 + (*path++ - '0');
    *out = is_negative ? -value : value;
    return *path == ' ' ? path + 1 : path;
}

static void pen_glyph(pen *p, const char *path)
{
    while (*path != 0) {
        const char command = *path++;
        double v[6];
        const int n = command == 'c' ? 6 : 2;
        for (int i = 0; i < n; i++)
            path = path_number(path, &v[i]);
        switch (command) {
        case 'L': pen_line(p, v[0], v[1]); break;
        case 'D': pen_dot(p, v[0], v[1]); break;
        case 'c': pen_curve(p, v); break;
        case 'h': pen_quarter(p, true, v[0], v[1]); break;
        case 'v': pen_quarter(p, false, v[0], v[1]); break;
        default: p->at_x = v[0], p->at_y = v[1]; break;
        }
    }
}

static void pen_size(pen *p, double size, bool is_bold)
{
    p->scale = size / EM;
    p->small_y = round(X_HEIGHT * p->scale) / X_HEIGHT;
    p->cap_y = round(CAP_HEIGHT * p->scale) / CAP_HEIGHT;
    p->width = DC_MAX(1.05, size * (is_bold ? 0.122 : 0.09));
}

/* A stroke of about one pixel is crisp on the middle of a pixel, one of two on an edge. */
static double on_grid(double v, double width)
{
    return width < 1.6 ? floor(v) + 0.5 : round(v);
}

void dc_lettering_draw(dc_canvas *c, const char *text, double x, double y,
                       const dc_lettering *style)
{
    const double spread = style->is_bold ? BOLD_SPREAD : 0;
    const double width = width_of(text, style->size, spread);
    const double back = style->align == DC_ALIGN_START ? 0
                        : style->align == DC_ALIGN_END ? width
                                                       : width / 2;
    pen p = { .canvas = c, .is_upward = style->is_upward };
    pen_size(&p, style->size, style->is_bold);
    p.x = style->is_upward ? on_grid(x, p.width) : x - back;
    p.y = style->is_upward ? y + back : on_grid(y, p.width);
    bool is_super = false, was_super = false;
    for (const glyph *g; (g = next_glyph(&text, &p.is_small, &is_super)) != NULL;) {
        if (is_super && !was_super) {
            const double raise = round(style->size * SUPER_RAISE);
            *(style->is_upward ? &p.x : &p.y) -= raise;
            pen_size(&p, style->size * SUPER_SIZE, style->is_bold);
            was_super = true;
        }
        pen_glyph(&p, g->path);
        *(style->is_upward ? &p.y : &p.x) +=
            (g->advance + spread) * p.scale * (style->is_upward ? -1 : 1);
    }
    dc_canvas_ink(c, style->colour, 1);
}

static bool is_inside_character(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xC0) == 0x80;
}

const char *dc_lettering_fit(const char *text, double size, double width, bool is_name,
                             dc_arena *arena)
{
    const size_t n = strlen(text), n_fitting = (size_t)(DC_MAX(width, 0.0) / size * EM / NARROWEST);
    if (dc_lettering_width(text, size) <= width)
        return text;
    for (size_t keep = DC_MIN(n - 1, 4 * n_fitting); keep > 0; keep--) {
        size_t tail = is_name ? keep * 3 / 5 : 0, head = keep - tail;
        while (head > 0 && is_inside_character(text, head))
            head--;
        while (tail > 0 && is_inside_character(text, n - tail))
            tail--;
        const char *cut = dc_arena_print(arena, "%.*s...%s", (int)head, text, text + n - tail);
        if (arena->status < 0 || dc_lettering_width(cut, size) <= width)
            return cut;
    }
    return "...";
}
