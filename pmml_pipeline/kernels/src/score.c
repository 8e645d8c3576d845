// Rows through a program, block by block. What Python sees is exported here, in record.c, in read.c
// and in grow.c.

#include "ops.c"

#include "forest.c"
#include "matrix.c"

#include "distance.c"

#include "read.c"

#include "grow.c"

int32_t pp_abi(void) { return 3; }

const char *pp_op_name(int32_t op) { return op >= 0 && op < PP_OPS ? pp_names[op] : 0; }

static int64_t pp_next(const pp_program *p, int64_t at, pp_instruction *in) {
    const int32_t *w = p->code + at;
    in->op = w[0];
    in->n_targets = w[1];
    in->n_sources = w[2];
    in->n_immediates = w[3];
    in->targets = w + 4;
    in->sources = in->targets + in->n_targets;
    in->immediates = in->sources + in->n_sources;
    return at + 4 + in->n_targets + in->n_sources + in->n_immediates;
}

// Bytes of scratch memory that the program's instructions need, the largest of them.
static int64_t pp_scratch_size(const pp_program *p) {
    int64_t size = 0;
    pp_instruction in;
    for (int64_t at = 0; at < p->words;) {
        at = pp_next(p, at, &in);
        int64_t needed = 0;
        if (in.op == PP_FOREST) needed = pp_forest_scratch(p, &in);
        if (in.op == PP_DENSE || in.op == PP_KERNEL) needed = pp_matrix_scratch(&in);
        if (needed > size) size = needed;
    }
    return size;
}

static void pp_block_run(pp_block *b) {
    pp_instruction in;
    for (int64_t at = 0; at < b->program->words;) {
        at = pp_next(b->program, at, &in);
        pp_instruction_run(b, &in);
    }
}

// inputs: n_inputs columns of `rows` numbers; outputs: n_outputs columns. Both one after the other.
// Returns 0, or 1 when there is no memory.
int32_t pp_score(const pp_program *p, const double *inputs, double *outputs, int64_t rows) {
    const int64_t stride = rows < PP_BLOCK ? (rows + 7) / 8 * 8 : PP_BLOCK;
    const size_t reg_bytes = ((size_t)p->n_registers * (size_t)stride * sizeof(double) + 63) / 64 * 64;
    const size_t scratch_bytes = ((size_t)pp_scratch_size(p) + 63) / 64 * 64;
    char *memory = aligned_alloc(64, reg_bytes + scratch_bytes + 64);
    if (!memory) return 1;
    pp_block b = {p, (double *)memory, stride, 0, memory + reg_bytes};
    const int64_t first = rows < stride ? rows : stride;
    for (int32_t r = 0; r < p->n_constants; r++)
        for (int64_t i = 0; i < first; i++) b.regs[r * stride + i] = p->constants[r];
    for (int64_t start = 0; start < rows; start += PP_BLOCK) {
        b.rows = rows - start < PP_BLOCK ? rows - start : PP_BLOCK;
        const size_t bytes = (size_t)b.rows * sizeof(double);
        for (int32_t k = 0; k < p->n_inputs; k++)
            memcpy(b.regs + (int64_t)(p->n_constants + k) * stride, inputs + k * rows + start, bytes);
        pp_block_run(&b);
        for (int32_t k = 0; k < p->n_outputs; k++)
            memcpy(outputs + k * rows + start, b.regs + (int64_t)p->outputs[k] * stride, bytes);
    }
    free(memory);
    return 0;
}

#include "record.c"
