// What the kernels share. The picture:
//
//   A program is a list of instructions over registers. A register is a column of doubles, one for
//   each row of a block; NaN is a missing value, a truth value is 1, 0 or NaN (unknown), and a text
//   is a whole number, its position in the program's list of texts. Rows flow through in blocks: one
//   instruction runs over all rows of a block before the next, so that what an instruction costs to
//   decode is paid once a block, and its loop over the rows is plain enough for the compiler to
//   vectorise.
//
//   regs[r * stride + i] is register r of row i.
//
//   A program with a large forest has larger blocks, so that a tree is fetched for more rows at once.
//   The forest takes such a block whole, every other instruction in parts of PP_BLOCK rows.
//
//   An instruction in `code`: op, number of targets, number of sources, number of immediates, then
//   the targets and the sources (registers) and the immediates (whole numbers; often an offset into
//   `ints` or `doubles`, where the tables of a document lie).
#ifndef PP_KERNELS_H
#define PP_KERNELS_H

#include <stdint.h>

#define PP_BLOCK 128

#define PP_INLINE inline __attribute__((always_inline))
#define PP_ALONE __attribute__((noinline))

typedef struct {
    const int32_t *code;
    int64_t words;            // of code
    const int32_t *ints;      // tables of whole numbers
    const double *doubles;    // tables of numbers
    const double *constants;  // the first registers hold these, whatever the row
    int32_t n_constants;
    int32_t n_inputs;         // the registers after the constants
    int32_t n_registers;
    int32_t n_outputs;
    const int32_t *outputs;   // registers
} pp_program;

typedef struct {
    const pp_program *program;
    double *regs;
    int64_t stride;  // between registers, in doubles
    int64_t rows;    // of this block
    void *scratch;   // see pp_scratch_size
} pp_block;

// At most PP_BLOCK rows of a block, from `start` on.
static inline pp_block pp_part(const pp_block *b, int64_t start) {
    pp_block part = *b;
    part.regs += start;
    part.rows = b->rows - start < PP_BLOCK ? b->rows - start : PP_BLOCK;
    return part;
}

// One instruction with its parts found.
typedef struct {
    int32_t op, n_targets, n_sources, n_immediates;
    const int32_t *targets, *sources, *immediates;
} pp_instruction;

#define PP_TARGET(n) (b->regs + (int64_t)in->targets[n] * b->stride)
#define PP_SOURCE(n) (b->regs + (int64_t)in->sources[n] * b->stride)

void pp_forest(const pp_block *b, const pp_instruction *in);
int64_t pp_forest_scratch(const pp_program *p, const pp_instruction *in, int64_t rows);
int64_t pp_forest_walked(const pp_program *p, const pp_instruction *in);
void pp_dense(const pp_block *b, const pp_instruction *in);
void pp_kernel(const pp_block *b, const pp_instruction *in);
int64_t pp_matrix_scratch(const pp_instruction *in);
void pp_distance_all(const pp_block *b, const pp_instruction *in);
void pp_nearest(const pp_block *b, const pp_instruction *in);

#endif
