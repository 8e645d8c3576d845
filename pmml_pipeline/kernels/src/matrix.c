// Many columns from many columns: layers of neurons, kernels of support vectors.
//
// Eight rows of all sources are copied next to each other, then four targets at a time are summed
// over them, in registers of the processor. Every sum runs over the sources from the first to the
// last, one product and one addition at a time, so it is the same whatever the rows beside it.

#include "kernels.h"

typedef double pp_v4d __attribute__((vector_size(32)));

enum { PP_LANES = 8, PP_TILE = 4 };  // rows and targets that are summed at once

int64_t pp_matrix_scratch(const pp_instruction *in) {
    return (int64_t)in->n_sources * PP_LANES * (int64_t)sizeof(double);
}

static inline void pp_pack(const pp_block *b, const pp_instruction *in, int64_t row) {
    double *packed = b->scratch;
    for (int32_t k = 0; k < in->n_sources; k++)
        memcpy(packed + k * PP_LANES, PP_SOURCE(k) + row, PP_LANES * sizeof(double));
}

// sums[j] = the sum over k of w[j][k] * x[k], or of (x[k] - w[j][k])^2
static inline __attribute__((always_inline)) void pp_tile(const double *x, int64_t m,
                                                          const double *const *w, int distance,
                                                          pp_v4d sums[PP_TILE][2]) {
    const pp_v4d zero = {0, 0, 0, 0};
    for (int j = 0; j < PP_TILE; j++) sums[j][0] = sums[j][1] = zero;
    for (int64_t k = 0; k < m; k++) {
        const pp_v4d low = *(const pp_v4d *)(x + k * PP_LANES);
        const pp_v4d high = *(const pp_v4d *)(x + k * PP_LANES + 4);
        for (int j = 0; j < PP_TILE; j++) {
            const double c = w[j][k];
            if (distance) {
                const pp_v4d d = low - c, e = high - c;
                sums[j][0] += d * d;
                sums[j][1] += e * e;
            } else {
                sums[j][0] += c * low;
                sums[j][1] += c * high;
            }
        }
    }
}

// targets = matrix * sources + bias. For each target in turn: its bias, which is added last, then a
// factor per source.
void pp_dense(const pp_block *b, const pp_instruction *in) {
    const double *table = b->program->doubles + in->immediates[0];
    const int64_t m = in->n_sources;
    for (int64_t row = 0; row < b->rows; row += PP_LANES) {
        pp_pack(b, in, row);
        for (int32_t t = 0; t < in->n_targets; t += PP_TILE) {
            const int32_t width = in->n_targets - t < PP_TILE ? in->n_targets - t : PP_TILE;
            const double *w[PP_TILE];
            pp_v4d sums[PP_TILE][2];
            for (int32_t j = 0; j < PP_TILE; j++)
                w[j] = table + (int64_t)(t + (j < width ? j : 0)) * (m + 1) + 1;
            pp_tile(b->scratch, m, w, 0, sums);
            for (int32_t j = 0; j < width; j++) {
                pp_v4d *d = (pp_v4d *)(PP_TARGET(t + j) + row);
                d[0] = sums[j][0] + w[j][-1];
                d[1] = sums[j][1] + w[j][-1];
            }
        }
    }
}

// x to the power of a whole number from 1 on
static inline double pp_whole_power(double x, int64_t n) {
    double found = 1.0;
    for (; n > 0; n /= 2, x *= x)
        if (n % 2) found *= x;
    return found;
}

enum { PP_DOT, PP_POLYNOMIAL, PP_RADIAL, PP_SIGMOID, PP_DISTANCE };  // immediates[1]

// d = the kernel function of n sums
static inline void pp_kernel_of(int32_t kind, const double *table, const double *restrict s,
                                double *restrict d, int64_t n) {
    const double gamma = table[0], coef0 = table[1], degree = table[2];
    const int whole = degree >= 1.0 && degree <= 64.0 && degree == floor(degree);
    switch (kind) {
    case PP_POLYNOMIAL:
        for (int64_t i = 0; i < n; i++) {
            const double x = gamma * s[i] + coef0;
            d[i] = whole ? pp_whole_power(x, (int64_t)degree) : pp_pow(x, degree);
        }
        break;
    case PP_RADIAL:
        for (int64_t i = 0; i < n; i++) d[i] = exp(-gamma * s[i]);
        break;
    case PP_SIGMOID:
        for (int64_t i = 0; i < n; i++) d[i] = pp_vtanh(gamma * s[i] + coef0);
        break;
    default:
        for (int64_t i = 0; i < n; i++) d[i] = s[i];
    }
}

// target t = the kernel function of the sources and vector t. Immediates (doubles, kind): gamma,
// coef0 and degree, then the vectors one after the other.
void pp_kernel(const pp_block *b, const pp_instruction *in) {
    const double *table = b->program->doubles + in->immediates[0];
    const int32_t kind = in->immediates[1];
    const int64_t m = in->n_sources;
    for (int64_t row = 0; row < b->rows; row += PP_LANES) {
        const int64_t rows = b->rows - row < PP_LANES ? b->rows - row : PP_LANES;
        pp_pack(b, in, row);
        for (int32_t t = 0; t < in->n_targets; t += PP_TILE) {
            const int32_t width = in->n_targets - t < PP_TILE ? in->n_targets - t : PP_TILE;
            const double *w[PP_TILE];
            pp_v4d sums[PP_TILE][2];
            for (int32_t j = 0; j < PP_TILE; j++)
                w[j] = table + 3 + (int64_t)(t + (j < width ? j : 0)) * m;
            if (kind == PP_RADIAL || kind == PP_DISTANCE) pp_tile(b->scratch, m, w, 1, sums);
            else pp_tile(b->scratch, m, w, 0, sums);
            for (int32_t j = 0; j < width; j++)
                pp_kernel_of(kind, table, (const double *)sums[j], PP_TARGET(t + j) + row, rows);
        }
    }
}
