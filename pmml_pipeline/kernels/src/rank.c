// How many of a field's sorted thresholds are smaller than a number?
//
// In a block of 16 thresholds all are compared and those that are smaller are counted, so that nothing
// depends on a branch that nobody can predict. The block is found in one of two ways:
//
//   buckets   The range of the thresholds is cut into buckets of the same width. A number's bucket is
//             one multiplication away, and says how many thresholds are in the buckets before. In
//             floating point, too, a larger number is in the same bucket or in one behind, so all of
//             these are smaller than the number, those in buckets behind are not, and those of its
//             own bucket, which are at most 16, are in the block.
//   levels    Where some buckets would have more: thresholds stand in blocks of 16, with infinities
//             behind the last one; the last of each block once more, in blocks of 16; and so on,
//             until there is only one block. The only chain of loads is from a level to the one below.

#include "kernels.h"

typedef double pp_v4a __attribute__((vector_size(32), aligned(8)));  // anywhere in memory
typedef int64_t pp_v4l __attribute__((vector_size(32)));

typedef struct {
    const double *level[8];
    const int32_t *buckets;  // 0 for none
    double low, scale, last;
    int32_t levels;
} pp_search;

static pp_search pp_search_of(const pp_program *p, const int32_t *column) {
    pp_search s = {0};
    const double *table = p->doubles + column[2], *line = p->doubles + column[4];
    const int64_t n = column[3];
    if (column[5] >= 0) {
        s.buckets = p->ints + column[5];
        s.low = line[0];
        s.scale = line[1];
        s.last = line[2];
    }
    for (int64_t size = (n / 16 + 1) * 16;;) {
        s.level[s.levels++] = table;
        if (size == 16 || s.buckets) return s;
        table += size;
        size = (size / 16 + 15) / 16 * 16;
    }
}

// How many of a block's thresholds are smaller than v; none if it is missing.
static PP_INLINE int64_t pp_in_block(const double *thresholds, double v) {
    const pp_v4a x = (pp_v4a){0} + v, *block = (const pp_v4a *)thresholds;
    const pp_v4l smaller = (block[0] < x) + (block[1] < x) + (block[2] < x) + (block[3] < x);
    return -(smaller[0] + smaller[1] + smaller[2] + smaller[3]);
}

// How many thresholds are smaller than v; 0 if it is missing. `buckets` and `levels` are constants
// where there are many numbers to search for.
static PP_INLINE int32_t pp_rank(const pp_search *s, int buckets, int32_t levels, double v) {
    if (buckets) {
        double place = (v - s->low) * s->scale;
        place = place > 0 ? place : 0;
        place = place < s->last ? place : s->last;
        const int64_t before = s->buckets[(int64_t)place];
        return (int32_t)(before + pp_in_block(s->level[0] + before, v));
    }
    int64_t k = 0;
    for (int32_t i = levels - 1; i >= 0; i--) k = 16 * k + pp_in_block(s->level[i] + 16 * k, v);
    return (int32_t)k;
}

static PP_INLINE void pp_ranks_of(const pp_search *s, int buckets, int32_t levels, const double *x,
                                  int64_t n, int32_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = pp_rank(s, buckets, levels, x[i]);
}

// The ranks of n numbers, of missing ones 0.
static void pp_ranks(const pp_search *s, const double *x, int64_t n, int32_t *out) {
    if (s->buckets) pp_ranks_of(s, 1, 0, x, n, out);
    else if (s->levels == 1) pp_ranks_of(s, 0, 1, x, n, out);
    else if (s->levels == 2) pp_ranks_of(s, 0, 2, x, n, out);
    else if (s->levels == 3) pp_ranks_of(s, 0, 3, x, n, out);
    else pp_ranks_of(s, 0, s->levels, x, n, out);
}
