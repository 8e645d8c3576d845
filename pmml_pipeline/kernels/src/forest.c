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
//   walk        from the root, one test after the other. Eight rows go down a tree side by side, or,
//               when there are few rows, one row goes down eight trees: a step waits for the memory
//               of the step before, and eight of them wait together. No step branches: a leaf is its
//               own child, so those who arrive early stay where they are.
//   bit vector  (QuickScorer: Lucchese et al., SIGIR 2015) leaves are numbered from left to right.
//               Every test of the tree is made, 8 rows at a time; one that fails takes the leaves of
//               its passing side away from the set of leaves that are left. The first left over is
//               the row's. No branch, no load that depends on the one before, so a vector unit is
//               busy all the time. A set is one or more words of 32 leaves, and a test is made for
//               those words that it takes leaves of. Better than walking for small trees and many
//               rows.
//
// Many documents have no score where a value is missing that a test needs, and so their trees ask
// before each test whether it is there. Rows in which nothing is missing need not ask: for them the
// trees are kept a second time without these questions. They have half the tests.
//
// The layout of a forest in `ints`, from the immediate on:
//
//   0 columns C   1 trees T   2 values per leaf K   3 flags   4 doubles of leaves
//   5 columns at  6 sets at   7 doubles of first sums         8 bits of a test below its k
//   9 walk at     10 bit vectors at, 0 for none               11 words of a bit vector
//   12 to 14: as 9 to 11, for rows in which nothing is missing (the same offsets where these trees
//   are no others)
//   (all are offsets into ints, or into doubles where it says so)
//
//   columns   6 each: source, kind (0 rank, missing low; 1 rank, missing high; 2 levels), doubles of
//             thresholds or levels, how many, doubles of the line of buckets, ints of buckets (-1 for
//             none); see rank.c. A column of kind 1 behind one of kind 0 with the same thresholds
//             shares its search.
//   walk      T roots, T depths, and the number of nodes N; then N nodes of 2: child and test; then N
//             numbers of leaves. The child that passes is `child`, the one that fails the next one.
//             A test has PP_SIDE times its column in its low bits, above them k, and in the sign
//             whether it is a test of levels, when k is the first word of its set. A leaf's child is
//             the leaf, and its k is more than any rank.
//   bit vectors   per tree: the first leaf; for each word, how many tests of ranks and of levels; then
//                 3 for each test: column, k (or word of set), leaves that a failed test takes away
//   flags     1: sums are float32; 2: no sums, target t is the number of tree t's leaf; 4: there are
//             tests of levels
//
// Leaves are numbered through the whole forest: leaf i has the values at leaves + i * K.

#include "kernels.h"

typedef int32_t pp_v8i __attribute__((vector_size(32)));
typedef uint32_t pp_v8u __attribute__((vector_size(32)));

enum {
    PP_GROUP = 32,  // rows whose leaf sets are in registers at a time
    PP_SIDE = 8,    // walks side by side
    PP_FEW = 8      // with fewer rows than this, trees are walked side by side instead of rows
};

typedef struct {
    uint32_t child, test;
} pp_node;

typedef struct {
    const int32_t *columns, *roots, *depths, *numbers, *vectors;
    const pp_node *nodes;
    const uint32_t *sets;
    const double *leaves, *first;
    int32_t C, T, K, flags, shift, words;
} pp_forest_t;

// Takes the trees for rows in which nothing is missing, or those for all rows.
static inline void pp_trees(pp_forest_t *f, const pp_program *p, const pp_instruction *in,
                            int missing) {
    const int32_t *h = p->ints + in->immediates[0] + (missing ? 9 : 12);
    f->roots = p->ints + h[0];
    f->depths = f->roots + f->T;
    f->nodes = (const pp_node *)(f->depths + f->T + 1);
    f->numbers = (const int32_t *)(f->nodes + f->depths[f->T]);
    f->vectors = h[1] ? p->ints + h[1] : 0;
    f->words = h[2];
}

static pp_forest_t pp_forest_of(const pp_program *p, const pp_instruction *in) {
    const int32_t *h = p->ints + in->immediates[0];
    pp_forest_t f;
    f.C = h[0];
    f.T = h[1];
    f.K = h[2];
    f.flags = h[3];
    f.leaves = p->doubles + h[4];
    f.columns = p->ints + h[5];
    f.sets = (const uint32_t *)(p->ints + h[6]);
    f.first = p->doubles + h[7];
    f.shift = h[8];
    pp_trees(&f, p, in, 1);
    return f;
}

// Bytes of scratch for blocks of `rows`.
int64_t pp_forest_scratch(const pp_program *p, const pp_instruction *in, int64_t rows) {
    const int64_t tiles = (rows + PP_BLOCK - 1) / PP_BLOCK;
    return p->ints[in->immediates[0]] * (tiles + 1) * PP_BLOCK * (int64_t)sizeof(int32_t);
}

// Bytes of the nodes that rows walk over.
int64_t pp_forest_walked(const pp_program *p, const pp_instruction *in) {
    const int32_t *h = p->ints + in->immediates[0];
    int64_t nodes = 0;
    for (int32_t way = 9; way < 15; way += 3)
        if (!h[way + 1]) nodes += p->ints[h[way] + 2 * h[1]];
    return nodes * (int64_t)sizeof(pp_node);
}

static inline int32_t pp_level(const double *table, int32_t n, double x) {
    const int64_t at = pp_smaller(table, n, x);
    return (x != x) ? n + 1 : ((at < n && table[at] == x) ? (int32_t)at : n);
}

// Whether a column is the other one of a pair: the same thresholds, and missing high.
static inline int pp_paired(const pp_forest_t *f, int32_t c) {
    const int32_t *one = f->columns + 6 * c, *other = one + 6;
    return c + 1 < f->C && one[1] == 0 && other[1] == 1 && one[0] == other[0] && one[2] == other[2] &&
           one[3] == other[3];
}

// What a missing number becomes, in ranks that have 0 for it.
static inline void pp_missing_high(const double *x, int64_t n, int32_t high, const int32_t *ranks,
                                   int32_t *out) {
    for (int64_t i = 0; i < n; i++) out[i] = (x[i] != x[i]) ? high : ranks[i];
}

// The ranks of all rows: of a tile of PP_BLOCK rows column after column, then of the next tile. A
// column is searched in all tiles before the next one: its thresholds stay near. Returns whether a
// value is missing.
static PP_ALONE int pp_columns(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                               int32_t *ranks) {
    int missing = 0;
    for (int32_t c = 0; c < f->C; c++) {
        const int32_t *column = f->columns + 6 * c;
        const double *table = b->program->doubles + column[2];
        const int32_t high = column[3];
        const int paired = pp_paired(f, c);
        const pp_search search = column[1] == 2 ? (pp_search){0} : pp_search_of(b->program, column);
        for (int64_t start = 0; start < b->rows; start += PP_BLOCK) {
            const int64_t n = b->rows - start < PP_BLOCK ? b->rows - start : PP_BLOCK;
            const double *x = PP_SOURCE(column[0]) + start;
            int32_t *out = ranks + start * f->C + (int64_t)c * PP_BLOCK;
            for (int64_t i = 0; i < n; i++) missing |= x[i] != x[i];
            if (column[1] == 2) {
                for (int64_t i = 0; i < n; i++) out[i] = pp_level(table, high, x[i]);
            } else {
                pp_ranks(&search, x, n, out);
                if (column[1]) pp_missing_high(x, n, high, out, out);
                if (paired) pp_missing_high(x, n, high, out, out + PP_BLOCK);
            }
            // Rows up to the end of their group hold anything; a rank of theirs is one all the same.
            const int64_t full = (n + PP_GROUP - 1) / PP_GROUP * PP_GROUP;
            for (int64_t i = n; i < full; i++) out[i] = out[i + (paired ? PP_BLOCK : 0)] = 0;
        }
        c += paired;
    }
    return missing;
}

// The ranks of one row, as pp_walkable has those of PP_SIDE. Returns whether a value is missing.
static int pp_columns_of_row(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                             int64_t row, int32_t *ranks) {
    int missing = 0;
    for (int32_t c = 0; c < f->C; c++) {
        const int32_t *column = f->columns + 6 * c;
        const double x = PP_SOURCE(column[0])[row];
        const double *table = b->program->doubles + column[2];
        const int32_t n = column[3];
        missing |= x != x;
        if (column[1] == 2) {
            ranks[c * PP_SIDE] = pp_level(table, n, x);
            continue;
        }
        const pp_search search = pp_search_of(b->program, column);
        const int32_t rank = pp_rank(&search, search.buckets != 0, search.levels, x);
        ranks[c * PP_SIDE] = ((column[1] && x != x) ? n : rank) << f->shift;
        if (pp_paired(f, c)) {
            c++;
            ranks[c * PP_SIDE] = ((x != x) ? n : rank) << f->shift;
        }
    }
    return missing;
}

// The ranks of a tile as walks read them: of PP_SIDE rows column after column, then of the next ones.
// A rank is moved up to where a test has its k, so that the two are compared as they are: above the
// same k, the column that a test has below it makes the test no smaller than the rank. Positions of
// levels stay where they are.
static void pp_walkable(const pp_forest_t *f, const int32_t *tile, int32_t *out) {
    for (int64_t i = 0; i < PP_BLOCK; i += PP_SIDE)
        for (int32_t c = 0; c < f->C; c++, out += PP_SIDE) {
            const int32_t *ranks = tile + (int64_t)c * PP_BLOCK + i;
            const int32_t up = f->columns[6 * c + 1] == 2 ? 0 : f->shift;
            for (int32_t j = 0; j < PP_SIDE; j++) out[j] = (int32_t)((uint32_t)ranks[j] << up);
        }
}

static inline int32_t pp_in_set(const uint32_t *set, int32_t level) {
    return (int32_t)((set[level >> 5] >> (level & 31)) & 1u);
}

// One step down of the row whose ranks are at x, PP_SIDE from column to column. `levels`, a constant
// where this is inlined, says whether there are tests of levels.
static PP_INLINE uint32_t pp_step(const pp_forest_t *f, const int32_t *x, int levels, uint32_t at) {
    const pp_node node = f->nodes[at];
    const uint32_t test = levels ? node.test & 0x7FFFFFFFu : node.test;
    const uint32_t rank = (uint32_t)x[test & ((1u << f->shift) - 1u)];
    if (levels && (int32_t)node.test < 0)
        return node.child + !pp_in_set(f->sets + (test >> f->shift), (int32_t)rank);
    return node.child + (rank > test);
}

// The leaves that PP_SIDE rows reach in the tree with the root `root`.
static PP_INLINE void pp_walk_rows(const pp_forest_t *f, const int32_t *ranks, int levels,
                                   uint32_t root, int32_t depth, int32_t *leaf) {
    uint32_t at[PP_SIDE];
    for (int j = 0; j < PP_SIDE; j++) at[j] = root;
    for (int32_t d = depth & 3; d > 0; d--)
        for (int j = 0; j < PP_SIDE; j++) at[j] = pp_step(f, ranks + j, levels, at[j]);
    for (int32_t d = depth >> 2; d > 0; d--) {
        uint32_t moved = 0;
        for (int32_t k = 0; k < 3; k++)
            for (int j = 0; j < PP_SIDE; j++) at[j] = pp_step(f, ranks + j, levels, at[j]);
        for (int j = 0; j < PP_SIDE; j++) {
            const uint32_t next = pp_step(f, ranks + j, levels, at[j]);
            moved |= next ^ at[j];
            at[j] = next;
        }
        if (!moved) break;
    }
    for (int j = 0; j < PP_SIDE; j++) leaf[j] = f->numbers[at[j]];
}

// The leaves that one row reaches in `count` trees, at most PP_SIDE, from tree t on.
static PP_INLINE void pp_walk_trees(const pp_forest_t *f, const int32_t *ranks, int levels,
                                    int32_t t, int32_t count, int32_t *leaf) {
    uint32_t at[PP_SIDE];
    int32_t depth = 0;
    for (int j = 0; j < PP_SIDE; j++) {
        const int32_t tree = t + (j < count ? j : 0);
        at[j] = (uint32_t)f->roots[tree];
        depth = f->depths[tree] > depth ? f->depths[tree] : depth;
    }
    for (int32_t d = depth; d > 0; d--)
        for (int j = 0; j < PP_SIDE; j++) at[j] = pp_step(f, ranks, levels, at[j]);
    for (int j = 0; j < PP_SIDE; j++) leaf[j] = f->numbers[at[j]];
}

// The leaves that PP_GROUP rows reach in one tree, by bit vectors. Returns where the next tree is.
static PP_ALONE const int32_t *pp_vectors(const pp_forest_t *f, const int32_t *tree,
                                          const int32_t *ranks, int32_t *leaf) {
    const int32_t *counts = tree + 1, *node = counts + 2 * f->words;
    uint32_t left[PP_GROUP] __attribute__((aligned(32)));
    for (int32_t word = 0; word < f->words; word++, counts += 2) {
        pp_v8u m0 = ~(pp_v8u){0}, m1 = m0, m2 = m0, m3 = m0;
        for (int32_t k = 0; k < counts[0]; k++, node += 3) {
            const int32_t *x = ranks + (int64_t)node[0] * PP_BLOCK;
            const pp_v8i threshold = (pp_v8i){0} + node[1];
            const pp_v8u taken = (pp_v8u){0} + (uint32_t)node[2];
            m0 &= ~((pp_v8u)(*(const pp_v8i *)(x) > threshold) & taken);
            m1 &= ~((pp_v8u)(*(const pp_v8i *)(x + 8) > threshold) & taken);
            m2 &= ~((pp_v8u)(*(const pp_v8i *)(x + 16) > threshold) & taken);
            m3 &= ~((pp_v8u)(*(const pp_v8i *)(x + 24) > threshold) & taken);
        }
        *(pp_v8u *)left = m0;
        *(pp_v8u *)(left + 8) = m1;
        *(pp_v8u *)(left + 16) = m2;
        *(pp_v8u *)(left + 24) = m3;
        for (int32_t k = 0; k < counts[1]; k++, node += 3) {
            const int32_t *x = ranks + (int64_t)node[0] * PP_BLOCK;
            const uint32_t *set = f->sets + node[1];
            const uint32_t taken = (uint32_t)node[2];
            for (int32_t j = 0; j < PP_GROUP; j++)
                left[j] &= ~(taken & (uint32_t)(pp_in_set(set, x[j]) - 1));
        }
        if (word == 0) {
            for (int32_t j = 0; j < PP_GROUP; j++)
                leaf[j] = left[j] ? tree[0] + __builtin_ctz(left[j]) : -1;
        } else {
            for (int32_t j = 0; j < PP_GROUP; j++)
                if (leaf[j] < 0 && left[j]) leaf[j] = tree[0] + 32 * word + __builtin_ctz(left[j]);
        }
    }
    return node;
}

// Adds the values of leaves to the sums of rows from `start` on, or writes their numbers.
static PP_INLINE void pp_add(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                             int32_t t, const int32_t *leaf, int64_t start, int64_t count) {
    if (f->flags & 2) {
        for (int64_t j = 0; j < count; j++) PP_TARGET(t)[start + j] = leaf[j];
        return;
    }
    for (int32_t k = 0; k < f->K; k++) {
        const double *values = f->leaves + k;
        double *sum = PP_TARGET(k) + start;
        if (f->flags & 1)
            for (int64_t j = 0; j < count; j++)
                sum[j] = (double)((float)sum[j] + (float)values[(int64_t)leaf[j] * f->K]);
        else
            for (int64_t j = 0; j < count; j++) sum[j] += values[(int64_t)leaf[j] * f->K];
    }
}

// As pp_add, for many rows.
static PP_ALONE void pp_take(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                             int32_t t, const int32_t *leaf, int64_t start, int64_t count) {
    pp_add(b, in, f, t, leaf, start, count);
}

// What the sums of some rows begin with. A target can be the register of a source, so this comes
// after the sources of these rows were read.
static inline void pp_begin(const pp_block *b, const pp_instruction *in, const pp_forest_t *f,
                            int64_t start, int64_t count) {
    if (f->flags & 2) return;
    for (int32_t k = 0; k < f->K; k++)
        for (int64_t i = start; i < start + count; i++) PP_TARGET(k)[i] = f->first[k];
}

static PP_INLINE void pp_forest_few(const pp_block *b, const pp_instruction *in, pp_forest_t *f,
                                    int levels) {
    int32_t *ranks = b->scratch;
    for (int64_t i = 0; i < b->rows; i++) {
        pp_trees(f, b->program, in, pp_columns_of_row(b, in, f, i, ranks));
        pp_begin(b, in, f, i, 1);
        for (int32_t t = 0; t < f->T; t += PP_SIDE) {
            const int32_t count = f->T - t < PP_SIDE ? f->T - t : PP_SIDE;
            int32_t leaf[PP_SIDE];
            pp_walk_trees(f, ranks, levels, t, count, leaf);
            for (int32_t j = 0; j < count; j++) pp_add(b, in, f, t + j, leaf + j, i, 1);
        }
    }
}

// All rows of the block go down a tree before the next one: it comes from far away only once.
static PP_INLINE void pp_forest_walks(const pp_block *b, const pp_instruction *in,
                                      const pp_forest_t *f, int levels) {
    const int32_t *ranks = b->scratch;
    for (int32_t t = 0; t < f->T; t++) {
        const uint32_t root = (uint32_t)f->roots[t];
        for (int64_t i = 0; i < b->rows; i += PP_SIDE) {
            const int64_t count = b->rows - i < PP_SIDE ? b->rows - i : PP_SIDE;
            int32_t leaf[PP_SIDE];
            pp_walk_rows(f, ranks + i * f->C, levels, root, f->depths[t], leaf);
            pp_take(b, in, f, t, leaf, i, count);
        }
    }
}

// All trees are asked about a tile before the next one: its ranks stay near.
static PP_ALONE void pp_forest_vectors(const pp_block *b, const pp_instruction *in,
                                       const pp_forest_t *f) {
    const int32_t *ranks = b->scratch;
    for (int64_t start = 0; start < b->rows; start += PP_BLOCK, ranks += PP_BLOCK * f->C) {
        const int64_t end = b->rows - start < PP_BLOCK ? b->rows : start + PP_BLOCK;
        const int32_t *tree = f->vectors;
        for (int32_t t = 0; t < f->T; t++) {
            const int32_t *next = tree;
            for (int64_t i = start; i < end; i += PP_GROUP) {
                const int64_t count = end - i < PP_GROUP ? end - i : PP_GROUP;
                int32_t leaf[PP_GROUP];
                next = pp_vectors(f, tree, ranks + i - start, leaf);
                pp_take(b, in, f, t, leaf, i, count);
            }
            tree = next;
        }
    }
}

// Turns the ranks of all tiles into what walks read. The place of a tile is behind the last one.
static void pp_turn(const pp_block *b, const pp_forest_t *f) {
    int32_t *ranks = b->scratch;
    const int64_t size = (int64_t)f->C * PP_BLOCK, tiles = (b->rows + PP_BLOCK - 1) / PP_BLOCK;
    int32_t *tile = ranks + tiles * size;
    for (int64_t t = 0; t < tiles; t++, ranks += size) {
        memcpy(tile, ranks, (size_t)size * sizeof(int32_t));
        pp_walkable(f, tile, ranks);
    }
}

// Each with its loops for itself: inlined into one function, they take the registers of each other.
static PP_ALONE void pp_few_levels(const pp_block *b, const pp_instruction *in, pp_forest_t *f) {
    pp_forest_few(b, in, f, 1);
}
static PP_ALONE void pp_few_numbers(const pp_block *b, const pp_instruction *in, pp_forest_t *f) {
    pp_forest_few(b, in, f, 0);
}
static PP_ALONE void pp_walks_levels(const pp_block *b, const pp_instruction *in,
                                     const pp_forest_t *f) {
    pp_forest_walks(b, in, f, 1);
}
static PP_ALONE void pp_walks_numbers(const pp_block *b, const pp_instruction *in,
                                      const pp_forest_t *f) {
    pp_forest_walks(b, in, f, 0);
}

// Takes blocks of more rows than PP_BLOCK, too.
void pp_forest(const pp_block *b, const pp_instruction *in) {
    pp_forest_t f = pp_forest_of(b->program, in);
    if (b->rows < PP_FEW) {
        if (f.flags & 4) pp_few_levels(b, in, &f);
        else pp_few_numbers(b, in, &f);
        return;
    }
    pp_trees(&f, b->program, in, pp_columns(b, in, &f, b->scratch));
    pp_begin(b, in, &f, 0, b->rows);
    if (f.vectors) {
        pp_forest_vectors(b, in, &f);
        return;
    }
    pp_turn(b, &f);
    if (f.flags & 4) pp_walks_levels(b, in, &f);
    else pp_walks_numbers(b, in, &f);
}
