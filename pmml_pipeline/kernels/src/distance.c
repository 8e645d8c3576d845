// How far rows are from the rows of a table: all distances, or the nearest ones.
//
// The sources are the fields. The table in `doubles`, from the first immediate on:
//
//   0 - 7      parameters. Of a Minkowski distance its exponent. Of a binary similarity the factors of
//              a11, a10, a01, a00 above the line, then those below it, where a10 is in how many fields
//              the row has 1 and the table 0.
//   8          the sum of the shares of all fields
//   9 -        5 for each field: how it is compared, its weight, its share, then first and second
//   then       the rows of the table, one after the other, a number for each field
//
//   compared   0 |x - y|    1 exp(z * z * first) with z = x - y    2 x != y    3 x == y
//              4 a matrix: x and y are positions, first is its offset from the table on and second its
//              width
//   measure    0 the sum of w * c    1 of w * c * c    2 the root of 1    3 the largest w * c
//              4 (the sum of w * c ^ p) ^ (1 / p)    5 a binary similarity
//
// A field that is missing in a row is left out of its sums, which are then multiplied by the sum of
// all shares by that of those left. A binary similarity is missing then.

#include "kernels.h"

enum { PP_PARAMETERS = 9, PP_PER_FIELD = 5, PP_ALL_SHARES = 8 };

typedef struct {
    const double *table, *fields, *instances;
    int32_t n_fields, n_instances, measure, farthest;
    double adjust[PP_BLOCK];  // what the sums of a row are multiplied by; missing when all fields are
} pp_distances;

static void pp_distances_of(const pp_block *b, const pp_instruction *in, pp_distances *p) {
    p->table = b->program->doubles + in->immediates[0];
    p->n_fields = in->n_sources;
    p->n_instances = in->immediates[1];
    p->measure = in->immediates[2];
    p->farthest = in->n_immediates > 3 && in->immediates[3];
    p->fields = p->table + PP_PARAMETERS;
    p->instances = p->fields + (int64_t)PP_PER_FIELD * p->n_fields;
    double mass[PP_BLOCK];
    for (int64_t i = 0; i < b->rows; i++) {
        mass[i] = 0;
        p->adjust[i] = 0;  // becomes 1 where a field is missing
    }
    for (int32_t f = 0; f < p->n_fields; f++) {
        const double *x = PP_SOURCE(f), share = p->fields[PP_PER_FIELD * f + 2];
        for (int64_t i = 0; i < b->rows; i++) {
            mass[i] += x[i] == x[i] ? share : 0.0;
            p->adjust[i] = x[i] == x[i] ? p->adjust[i] : 1.0;
        }
    }
    for (int64_t i = 0; i < b->rows; i++) {
        if (p->adjust[i] == 0) p->adjust[i] = 1;
        else p->adjust[i] = mass[i] > 0 && p->measure != 5 ? p->table[PP_ALL_SHARES] / mass[i] : NAN;
    }
}

// c = the field's values, each compared with y
static void pp_compared(const double *table, const double *field, int64_t n, const double *restrict x,
                        double y, double *restrict c) {
    const double first = field[3];
    switch ((int32_t)field[0]) {
    case 0:
        for (int64_t i = 0; i < n; i++) c[i] = fabs(x[i] - y);
        break;
    case 1:
        for (int64_t i = 0; i < n; i++) c[i] = exp((x[i] - y) * (x[i] - y) * first);
        break;
    case 2:
        for (int64_t i = 0; i < n; i++) c[i] = x[i] != y;
        break;
    case 3:
        for (int64_t i = 0; i < n; i++) c[i] = x[i] == y;
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            c[i] = x[i] >= 0 && x[i] < field[4] ? table[(int64_t)(first + x[i] * field[4] + y)] : NAN;
    }
}

// d = how far the rows are from instance k, before any root is taken
static void pp_distance(const pp_block *b, const pp_instruction *in, const pp_distances *p, int32_t k,
                        double *restrict d) {
    const int64_t n = b->rows;
    const double *y = p->instances + (int64_t)k * p->n_fields, *t = p->table;
    double c[PP_BLOCK], below[PP_BLOCK];
    for (int64_t i = 0; i < n; i++) d[i] = below[i] = 0;
    for (int32_t f = 0; f < p->n_fields; f++) {
        const double *restrict x = PP_SOURCE(f), *field = p->fields + PP_PER_FIELD * f;
        const double w = field[1];
        if (p->measure == 5) {
            for (int64_t i = 0; i < n; i++) {
                const int32_t at = (x[i] == 1.0 ? 0 : 2) + (y[f] == 1.0 ? 0 : 1);
                const int32_t binary = x[i] == 1.0 || x[i] == 0.0;
                d[i] += binary ? t[at] : NAN;
                below[i] += t[4 + at];
            }
            continue;
        }
        pp_compared(t, field, n, x, y[f], c);
        if (p->measure == 4)
            for (int64_t i = 0; i < n; i++) c[i] = pp_pow(c[i], t[0]);
        if (p->measure == 1 || p->measure == 2)
            for (int64_t i = 0; i < n; i++) c[i] = c[i] * c[i];
        if (p->measure == 3)
            for (int64_t i = 0; i < n; i++) {
                const int32_t larger = d[i] == d[i] && !(w * c[i] <= d[i]);  // or missing
                d[i] = x[i] == x[i] && larger ? w * c[i] : d[i];
            }
        else
            for (int64_t i = 0; i < n; i++) d[i] += x[i] == x[i] ? w * c[i] : 0.0;
    }
    if (p->measure == 5)
        for (int64_t i = 0; i < n; i++) d[i] /= below[i];
    for (int64_t i = 0; i < n; i++) d[i] *= p->adjust[i];
}

static void pp_root(const pp_distances *p, int64_t n, double *d) {
    if (p->measure == 2)
        for (int64_t i = 0; i < n; i++) d[i] = sqrt(d[i]);
    if (p->measure == 4)
        for (int64_t i = 0; i < n; i++) d[i] = pp_pow(d[i], 1.0 / p->table[0]);
}

// targets = the distances from the rows of the table: immediates (doubles, rows, measure)
void pp_distance_all(const pp_block *b, const pp_instruction *in) {
    pp_distances p;
    pp_distances_of(b, in, &p);
    for (int32_t k = 0; k < p.n_instances; k++) {
        pp_distance(b, in, &p, k, PP_TARGET(k));
        pp_root(&p, b->rows, PP_TARGET(k));
    }
}

// targets = the positions of the nearest rows of the table, then their distances: immediates
// (doubles, rows, measure, 1 if the largest are the nearest, how many). The first of equals comes first.
// What is under a root is compared: it tells apart what the root may round to the same. Where a row
// of the table cannot be compared, nothing is known.
void pp_nearest(const pp_block *b, const pp_instruction *in) {
    pp_distances p;
    pp_distances_of(b, in, &p);
    const int32_t wanted = in->immediates[4];
    const int64_t n = b->rows;
    int8_t unknown[PP_BLOCK] = {0};
    for (int32_t j = 0; j < in->n_targets; j++)
        for (int64_t i = 0; i < n; i++) PP_TARGET(j)[i] = NAN;
    for (int32_t k = 0; k < p.n_instances; k++) {
        double d[PP_BLOCK];
        pp_distance(b, in, &p, k, d);
        const double *last = PP_TARGET(2 * wanted - 1);
        if (k >= wanted) {  // most rows of the table are near none of the block's rows
            int64_t some = 0;
            if (p.farthest)
                for (int64_t i = 0; i < n; i++) some |= !(d[i] <= last[i]);
            else
                for (int64_t i = 0; i < n; i++) some |= !(d[i] >= last[i]);
            if (!some) continue;
        }
        for (int64_t i = 0; i < n; i++) {
            const double x = d[i];
            unknown[i] |= x != x;
            if (x != x || !(last[i] != last[i] || (p.farthest ? x > last[i] : x < last[i]))) continue;
            int32_t at = wanted - 1;
            for (; at > 0; at--) {
                const double before = PP_TARGET(wanted + at - 1)[i];
                if (!(before != before || (p.farthest ? x > before : x < before))) break;
                PP_TARGET(wanted + at)[i] = before;
                PP_TARGET(at)[i] = PP_TARGET(at - 1)[i];
            }
            PP_TARGET(wanted + at)[i] = x;
            PP_TARGET(at)[i] = k;
        }
    }
    for (int32_t j = 0; j < in->n_targets; j++) {
        for (int64_t i = 0; i < n; i++) PP_TARGET(j)[i] = unknown[i] ? NAN : PP_TARGET(j)[i];
        if (j >= wanted) pp_root(&p, n, PP_TARGET(j));
    }
}
