// One function for each operation that is more than an expression.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// "pow" of a missing base is missing, also to the power of zero, unlike C's.
static inline double pp_pow(double x, double y) { return (x != x || y != y) ? NAN : pow(x, y); }

// tanh without a branch, so that a loop of it is vectorised; within 4 units in the last place of C's.
// tanh(x) = u / (u + 2) with u = exp(2x) - 1. That is taken apart into 2^n * exp(r), |r| < 0.35, and
// exp(r) - 1 is its Taylor series, so that small numbers keep all their digits.
static inline double pp_vtanh(double x) {
    const double shift = 0x1.8p52;  // what is added to it is rounded to a whole number
    double a = fabs(x);
    a = (a > 20.0) ? 20.0 : a;  // where tanh is 1
    const double y = a + a, t = y * 1.4426950408889634 + shift, n = t - shift;
    const double r = (y - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    const double e = r + r * r * p;
    uint64_t bits;
    double scale;  // 2^n, from the whole number that the last bits of t are
    memcpy(&bits, &t, sizeof bits);
    bits = (bits << 52) + 0x3FF0000000000000u;
    memcpy(&scale, &bits, sizeof scale);
    const double u = scale * e + (scale - 1.0);
    return copysign(u / (u + 2.0), x);
}

// The inverse of the standard normal distribution. Algorithm AS 241 (PPND16), Wichura, Applied
// Statistics 37 (1988), exact to about 1 in 10^16.
static double pp_normal_quantile(double p) {
    const double q = p - 0.5;
    double r, num, den;
    if (!(p > 0.0 && p < 1.0)) return p == 0.0 ? -INFINITY : (p == 1.0 ? INFINITY : NAN);
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        num = ((((((2.50908092873012267270e+3 * r + 3.34305755835881281050e+4) * r +
                   6.72657709270087008530e+4) * r + 4.59219539315498714570e+4) * r +
                 1.37316937655094611250e+4) * r + 1.97159095030655144270e+3) * r +
               1.33141667891784377450e+2) * r + 3.38713287279636660800e+0;
        den = ((((((5.22649527885285456100e+3 * r + 2.87290857357219426740e+4) * r +
                   3.93078958000927106100e+4) * r + 2.12137943015865958670e+4) * r +
                 5.39419602142475110770e+3) * r + 6.87187007492057908300e+2) * r +
               4.23133307016009112520e+1) * r + 1.0;
        return num * q / den;
    }
    r = sqrt(-log(q <= 0.0 ? p : 1.0 - p));
    if (r <= 5.0) {
        r -= 1.6;
        num = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                   2.41780725177450611770e-1) * r + 1.27045825245236838258e+0) * r +
                 3.64784832476320460504e+0) * r + 5.76949722146069140550e+0) * r +
               4.63033784615654529590e+0) * r + 1.42343711074968357734e+0;
        den = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                   1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r +
                 6.89767334985100004550e-1) * r + 1.67638483018380384940e+0) * r +
               2.05319162663775882187e+0) * r + 1.0;
    } else {
        r -= 5.0;
        num = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                   1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r +
                 2.96560571828504891230e-1) * r + 1.78482653991729133580e+0) * r +
               5.46378491116411436990e+0) * r + 6.65790464350110377720e+0;
        den = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r +
                   1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r +
                 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r +
               5.99832206555887937690e-1) * r + 1.0;
    }
    return q < 0.0 ? -num / den : num / den;
}

// target = the sum of doubles[1 + k] * source k, from the first to the last, and then doubles[0]: a
// training library adds its intercept last
static void pp_linear(const pp_block *b, const pp_instruction *in) {
    const double *table = b->program->doubles + in->immediates[0];
    double *restrict d = PP_TARGET(0);
    const int64_t n = b->rows;
    double sum[PP_BLOCK];
    for (int64_t i = 0; i < n; i++) sum[i] = 0;
    for (int32_t k = 0; k < in->n_sources; k++) {
        const double *restrict x = PP_SOURCE(k);
        const double c = table[1 + k];
        for (int64_t i = 0; i < n; i++) sum[i] += c * x[i];
    }
    for (int64_t i = 0; i < n; i++) d[i] = sum[i] + table[0];
}

// target = the sources, added from the first to the last
static void pp_sum(const pp_block *b, const pp_instruction *in) {
    double *restrict d = PP_TARGET(0);
    const int64_t n = b->rows;
    double sum[PP_BLOCK];
    memcpy(sum, PP_SOURCE(0), (size_t)n * sizeof(double));
    for (int32_t k = 1; k < in->n_sources; k++) {
        const double *restrict x = PP_SOURCE(k);
        for (int64_t i = 0; i < n; i++) sum[i] += x[i];
    }
    memcpy(d, sum, (size_t)n * sizeof(double));
}

// A table over whole numbers from base on: immediates (doubles, base, n). After the n values come
// the one for every other number and the one for a missing one.
static void pp_lut(const pp_block *b, const pp_instruction *in) {
    const double *table = b->program->doubles + in->immediates[0];
    const double base = in->immediates[1], n = in->immediates[2];
    const double *x = PP_SOURCE(0);
    double *d = PP_TARGET(0);
    for (int64_t i = 0; i < b->rows; i++) {
        const double k = x[i] - base;
        double at = n;  // anything else
        if (k != k) at = n + 1;
        else if (k >= 0 && k < n && x[i] == floor(x[i])) at = k;  // k may be rounded
        d[i] = table[(int64_t)at];
    }
}

// How many of the n sorted numbers are smaller than x.
static inline int64_t pp_smaller(const double *sorted, int64_t n, double x) {
    int64_t at = 0;
    if (n == 0) return 0;
    while (n > 1) {
        const int64_t half = n >> 1;
        at += (sorted[at + half - 1] < x) ? half : 0;
        n -= half;
    }
    return at + (sorted[at] < x);
}

// A table over any numbers: immediates (doubles, n). First the n sorted numbers, then their values,
// then the one for every other number and the one for a missing one.
static void pp_find(const pp_block *b, const pp_instruction *in) {
    const int64_t n = in->immediates[1];
    const double *keys = b->program->doubles + in->immediates[0], *values = keys + n;
    const double *x = PP_SOURCE(0);
    double *d = PP_TARGET(0);
    for (int64_t i = 0; i < b->rows; i++) {
        const int64_t at = pp_smaller(keys, n, x[i]);
        if (x[i] != x[i]) d[i] = values[n + 1];
        else d[i] = (at < n && keys[at] == x[i]) ? values[at] : values[n];
    }
}

// target = how many of the sorted numbers are smaller: immediates (doubles, n)
static void pp_bin(const pp_block *b, const pp_instruction *in) {
    const double *sorted = b->program->doubles + in->immediates[0];
    const double *x = PP_SOURCE(0);
    double *d = PP_TARGET(0);
    for (int64_t i = 0; i < b->rows; i++)
        d[i] = (x[i] != x[i]) ? NAN : (double)pp_smaller(sorted, in->immediates[1], x[i]);
}

// target = the position of the first largest source; missing when one of them is
static void pp_argmax(const pp_block *b, const pp_instruction *in) {
    double best[PP_BLOCK], at[PP_BLOCK];
    const int64_t n = b->rows;
    memcpy(best, PP_SOURCE(0), (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) at[i] = 0;
    for (int32_t k = 1; k < in->n_sources; k++) {
        const double *x = PP_SOURCE(k);
        for (int64_t i = 0; i < n; i++) {
            if (best[i] == best[i] && !(x[i] <= best[i])) {  // larger, or missing
                best[i] = x[i];
                at[i] = k;
            }
        }
    }
    double *d = PP_TARGET(0);
    for (int64_t i = 0; i < n; i++) d[i] = (best[i] != best[i]) ? NAN : at[i];
}

// target = of sources 1 to n the one that source 0 names, counted from 0
static void pp_choose(const pp_block *b, const pp_instruction *in) {
    const double *which = PP_SOURCE(0);
    double *d = PP_TARGET(0);
    for (int64_t i = 0; i < b->rows; i++) {
        const double k = which[i];
        d[i] = (k >= 0 && k < in->n_sources - 1 && k == floor(k)) ? PP_SOURCE(1 + (int32_t)k)[i] : NAN;
    }
}

// target = the weighted median of the sources: of the sorted ones the first at which half of the
// weight is reached. Doubles: the way, then the weights. The way is a sum: 1 where the weights
// differ; 2 to leave out what is missing, otherwise one that is missing makes the median so; 4 for
// the lower, 8 for the upper of the two in the middle, of which it is the mean where the weights are
// equal.
static void pp_median(const pp_block *b, const pp_instruction *in) {
    const double *table = b->program->doubles + in->immediates[0];
    const int32_t way = (int32_t)table[0];
    double *d = PP_TARGET(0);
    int32_t *order = malloc((size_t)in->n_sources * sizeof(int32_t));
    for (int64_t i = 0; i < b->rows; i++) {
        double total = 0, reached = 0, found = NAN;
        int32_t gone = order == 0, n = 0;
        for (int32_t k = 0; k < in->n_sources && !gone; k++) {
            const double x = PP_SOURCE(k)[i];
            int32_t at = n;
            if (x != x) {
                gone = !(way & 2);
                continue;
            }
            for (; at > 0 && PP_SOURCE(order[at - 1])[i] > x; at--) order[at] = order[at - 1];
            order[at] = k;
            total += table[1 + k];
            n++;
        }
        gone |= n == 0;
        if (!gone && !(way & 1)) {
            const double low = PP_SOURCE(order[(n - 1) / 2])[i], high = PP_SOURCE(order[n / 2])[i];
            found = (way & 4) ? low : (way & 8) ? high : (low + high) / 2;
        } else if (!gone) {
            for (int32_t k = 0; k < n; k++) {
                reached += table[1 + order[k]];
                found = PP_SOURCE(order[k])[i];
                if (reached >= 0.5 * total) break;
            }
        }
        d[i] = found;
    }
    free(order);
}

// --- the table ------------------------------------------------------------------------------

#define PP_MAP(name, n, expression) PP_##name,
#define PP_OTHER(name, function) PP_##name,
enum pp_op {
#include "ops.def"
    PP_OPS
};
#undef PP_MAP
#undef PP_OTHER

#define PP_MAP(name, n, expression) #name,
#define PP_OTHER(name, function) #name,
static const char *const pp_names[] = {
#include "ops.def"
};
#undef PP_MAP
#undef PP_OTHER

static void pp_instruction_run(const pp_block *b, const pp_instruction *in) {
    const int64_t n = b->rows;
    double *d = in->n_targets ? PP_TARGET(0) : b->regs;
    const double *sx = in->n_sources > 0 ? PP_SOURCE(0) : d;
    const double *sy = in->n_sources > 1 ? PP_SOURCE(1) : sx;
    const double *sz = in->n_sources > 2 ? PP_SOURCE(2) : sx;
    switch (in->op) {
#define PP_MAP(name, n_sources, expression)               \
    case PP_##name:                                       \
        for (int64_t i = 0; i < n; i++) {                 \
            const double x = sx[i], y = sy[i], z = sz[i]; \
            (void)y;                                      \
            (void)z;                                      \
            d[i] = (expression);                          \
        }                                                 \
        break;
#define PP_OTHER(name, function) \
    case PP_##name:              \
        function(b, in);         \
        break;
#include "ops.def"
#undef PP_MAP
#undef PP_OTHER
    }
}
