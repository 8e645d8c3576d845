// Decision trees over ranks.
//
// A number is only ever compared with the thresholds of its field, so before the trees are looked at
// it becomes its rank: how many of the field's sorted thresholds are smaller. Then
//
//     x <= threshold[k]   <=>   rank(x) <= k
//
// holds exactly, and the trees see small whole numbers. A field can have two columns of ranks. They
// differ in what a missing value becomes: 0, which passes every test, or more than any k, which
// passes none; a node tests the column that sends missing values its way. A text becomes its
// position among the levels that the trees name (one more for any other, two more for missing) and
// is tested against a set of bits, which says of the others and of missing too where they go.
//
// Two ways to find the leaf of a row:
//
//   walk        from the root, one test after the other;
//   bit vector  (QuickScorer: Lucchese et al., SIGIR 2015) leaves are numbered from left to right.
//               Every test of the tree is made, 8 rows at a time; one that fails takes the leaves of
//               its passing side away from the set of leaves that are left. The first left over is
//               the row's. No branch, no load that depends on the one before, so a vector unit is
//               busy all the time. Better than walking for small trees and many rows.
//
// The layout of a forest in `ints`, from the immediate on:
//
//   0 columns C   1 trees T   2 values per leaf K   3 flags   4 doubles of leaves
//   5 columns at  6 walk at   7 bit vectors at, 0 for none   8 sets at   9 doubles of first sums
//   (these are offsets into ints, or into doubles where it says so)
//
//   columns   5 each: source, kind (0 rank, missing low; 1 rank, missing high; 2 levels), doubles of
//             thresholds or levels, how many, 1 to round to float32 first
//   walk      T + 1 offsets of nodes, then 4 each: child, column, k, spare. The child that passes is
//             `child`, the one that fails the next one. Column -1 is a leaf, and child its number.
//             Column -2 - c is a test of levels, and k the first word of its set.
//   bit vectors   per tree: tests of ranks, tests of levels, and the first leaf; then
//                 3 each: column, k (or word of set), leaves that a failed test takes away
//   flags     1: sums are float32; 2: no sums, target t is the number of tree t's leaf
//
// Leaves are numbered through the whole forest: leaf i has the values at leaves + i * K.

#include "kernels.h"

typedef int32_t pp_v8i __attribute__((vector_size(32)));
typedef uint32_t pp_v8u __attribute__((vector_size(32)));

enum { PP_GROUP = 32 };  // rows whose leaf sets are in registers at a time

typedef struct {
    const int32_t *head, *columns, *walk, *nodes, *vectors;
    const uint32_t *sets;
    const double *leaves, *first;
    int32_t C, T, K, flags;
} pp_forest_t;

static pp_forest_t pp_forest_of(const pp_program *p, const pp_instruction *in) {
    const int32_t *h = p->ints + in->immediates[0];
    pp_forest_t f;
    f.head = h;
    f.C = h[0];
    f.T = h[1];
    f.K = h[2];
    f.flags = h[3];
    f.leaves = p->doubles + h[4];
    f.columns = p->ints + h[5];
    f.walk = p->ints + h[6];
    f.nodes = f.walk + f.T + 1;
    f.vectors = h[7] ? p->ints + h[7] : 0;
    f.sets = (const uint32_t *)(p->ints + h[8]);
    f.first = p->doubles + h[9];
    return f;
}

int64_t pp_forest_scratch(const pp_program *p, const pp_instruction *in) {
    return (int64_t)p->ints[in->immediates[0]] * PP_BLOCK * (int64_t)sizeof(int32_t) +
           (int64_t)p->ints[in->immediates[0] + 2] * PP_BLOCK * (int64_t)sizeof(double) + 64;
}

// Ranks of 8 numbers at a time: eight searches side by side wait for memory together.
static void pp_ranks(const double *sorted, int64_t n, const double *x, int32_t *out, int64_t rows,
                     int32_t missing, int32_t single) {
    for (int64_t i = 0; i < rows; i += 8) {
        const int64_t width = rows - i < 8 ? rows - i : 8;
        const double *at[8];
        double v[8];
        for (int64_t j = 0; j < 8; j++) {
            v[j] = x[i + (j < width ? j : 0)];
            if (single) v[j] = (double)(float)v[j];
            at[j] = sorted;
        }
        for (int64_t left = n; left > 1;) {
            const int64_t half = left >> 1;
            for (int64_t j = 0; j < 8; j++) at[j] += (at[j][half - 1] < v[j]) ? half : 0;
            left -= half;
        }
        for (int64_t j = 0; j < width; j++) {
            const int32_t rank = (int32_t)(at[j] - sorted) + (n > 0 && *at[j] < v[j]);
            out[i + j] = (v[j] != v[j]) ? missing : rank;
        }
    }
}

static void pp_columns(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                       int32_t *ranks) {
    for (int32_t c = 0; c < f->C; c++) {
        const int32_t *column = f->columns + 5 * c;
        const double *x = PP_SOURCE(column[0]);
        const double *table = b->program->doubles + column[2];
        const int32_t n = column[3];
        int32_t *out = ranks + (int64_t)c * PP_BLOCK;
        if (column[1] == 2) {
            for (int64_t i = 0; i < b->rows; i++) {
                const int64_t at = pp_smaller(table, n, x[i]);
                out[i] = (x[i] != x[i]) ? n + 1 : ((at < n && table[at] == x[i]) ? (int32_t)at : n);
            }
        } else {
            pp_ranks(table, n, x, out, b->rows, column[1] ? n : 0, column[4]);
        }
    }
}

static inline int32_t pp_in_set(const uint32_t *set, int32_t level) {
    return (int32_t)((set[level >> 5] >> (level & 31)) & 1u);
}

// The leaf of one row in the tree whose root is `at`.
static inline int32_t pp_walk(const pp_forest_t *f, const int32_t *ranks, int32_t at) {
    for (;;) {
        const int32_t *node = f->nodes + 4 * (int64_t)at;
        const int32_t column = node[1];
        if (column >= 0) {
            at = node[0] + (ranks[(int64_t)column * PP_BLOCK] > node[2]);
        } else if (column == -1) {
            return node[0];
        } else {
            const int32_t level = ranks[(int64_t)(-2 - column) * PP_BLOCK];
            at = node[0] + !pp_in_set(f->sets + node[2], level);
        }
    }
}

static inline void pp_add(const pp_forest_t *f, double *sums, int64_t row, int32_t leaf) {
    const double *values = f->leaves + (int64_t)leaf * f->K;
    if (f->flags & 1) {
        for (int32_t k = 0; k < f->K; k++) {
            double *sum = sums + (int64_t)k * PP_BLOCK + row;
            *sum = (double)((float)*sum + (float)values[k]);
        }
    } else {
        for (int32_t k = 0; k < f->K; k++) sums[(int64_t)k * PP_BLOCK + row] += values[k];
    }
}

// The leaves of PP_GROUP rows in one tree, by bit vectors.
static inline const int32_t *pp_vectors(const pp_forest_t *f, const int32_t *tree,
                                        const int32_t *ranks, int32_t *leaf) {
    const int32_t n_ranks = tree[0], n_sets = tree[1], first = tree[2];
    const int32_t *node = tree + 3;
    pp_v8u m0 = ~(pp_v8u){0}, m1 = m0, m2 = m0, m3 = m0;
    for (int32_t k = 0; k < n_ranks; k++, node += 3) {
        const int32_t *x = ranks + (int64_t)node[0] * PP_BLOCK;
        const pp_v8i threshold = (pp_v8i){0} + node[1];
        const pp_v8u taken = (pp_v8u){0} + (uint32_t)node[2];
        m0 &= ~((pp_v8u)(*(const pp_v8i *)(x) > threshold) & taken);
        m1 &= ~((pp_v8u)(*(const pp_v8i *)(x + 8) > threshold) & taken);
        m2 &= ~((pp_v8u)(*(const pp_v8i *)(x + 16) > threshold) & taken);
        m3 &= ~((pp_v8u)(*(const pp_v8i *)(x + 24) > threshold) & taken);
    }
    uint32_t left[PP_GROUP] __attribute__((aligned(32)));
    *(pp_v8u *)left = m0;
    *(pp_v8u *)(left + 8) = m1;
    *(pp_v8u *)(left + 16) = m2;
    *(pp_v8u *)(left + 24) = m3;
    for (int32_t k = 0; k < n_sets; k++, node += 3) {
        const int32_t *x = ranks + (int64_t)node[0] * PP_BLOCK;
        const uint32_t *set = f->sets + node[1];
        const uint32_t taken = (uint32_t)node[2];
        for (int32_t j = 0; j < PP_GROUP; j++)
            left[j] &= ~(taken & (uint32_t)(pp_in_set(set, x[j]) - 1));
    }
    for (int32_t j = 0; j < PP_GROUP; j++) leaf[j] = first + __builtin_ctz(left[j]);
    return node;
}

void pp_forest(const pp_block *b, const pp_instruction *in) {
    const pp_forest_t f = pp_forest_of(b->program, in);
    const int64_t rows = b->rows;
    int32_t *ranks = b->scratch;
    double *sums = (double *)((char *)b->scratch + (int64_t)f.C * PP_BLOCK * (int64_t)sizeof(int32_t));
    pp_columns(b, in, &f, ranks);
    const int32_t by_leaf = f.flags & 2;
    for (int32_t k = 0; k < f.K; k++)
        for (int64_t i = 0; i < rows; i++) sums[(int64_t)k * PP_BLOCK + i] = f.first[k];
    if (f.vectors && rows > 4) {
        // Rows up to the end of their group hold anything; a rank of theirs is a rank all the same.
        const int64_t groups = (rows + PP_GROUP - 1) / PP_GROUP;
        for (int32_t c = 0; c < f.C; c++)
            for (int64_t i = rows; i < groups * PP_GROUP; i++) ranks[(int64_t)c * PP_BLOCK + i] = 0;
        const int32_t *tree = f.vectors;
        for (int32_t t = 0; t < f.T; t++) {
            const int32_t *next = tree;
            for (int64_t g = 0; g < groups; g++) {
                int32_t leaf[PP_GROUP];
                next = pp_vectors(&f, tree, ranks + g * PP_GROUP, leaf);
                const int64_t start = g * PP_GROUP;
                const int64_t width = rows - start < PP_GROUP ? rows - start : PP_GROUP;
                if (by_leaf)
                    for (int64_t j = 0; j < width; j++) PP_TARGET(t)[start + j] = leaf[j];
                else
                    for (int64_t j = 0; j < width; j++) pp_add(&f, sums, start + j, leaf[j]);
            }
            tree = next;
        }
    } else {
        for (int32_t t = 0; t < f.T; t++) {
            const int32_t root = f.walk[t];
            for (int64_t i = 0; i < rows; i++) {
                const int32_t leaf = pp_walk(&f, ranks + i, root);
                if (by_leaf) PP_TARGET(t)[i] = leaf;
                else pp_add(&f, sums, i, leaf);
            }
        }
    }
    if (!by_leaf)
        for (int32_t k = 0; k < f.K; k++)
            for (int64_t i = 0; i < rows; i++) PP_TARGET(k)[i] = sums[(int64_t)k * PP_BLOCK + i];
}
