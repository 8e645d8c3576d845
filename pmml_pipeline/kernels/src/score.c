// Rows through a program, block by block. What Python sees is exported here, in record.c, in read.c,
// in grow.c and in texts.c.

#include <pthread.h>

#include "ops.c"

#include "rank.c"

#include "forest.c"
#include "matrix.c"

#include "distance.c"

#include "read.c"

#include "grow.c"

#include "texts.c"

int32_t pp_abi(void) { return 7; }

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

// How many rows flow through the program at a time. Every block fetches the nodes of the forests
// anew, so the more of them there are, the more rows share them; but not so many rows that their
// registers take the place.
static int64_t pp_block_rows(const pp_program *p) {
    enum { NODES = 1 << 12, REGISTERS = 1 << 20, MOST = 4096 };  // bytes a row, doubles, rows
    int64_t bytes = 0;
    pp_instruction in;
    for (int64_t at = 0; at < p->words;) {
        at = pp_next(p, at, &in);
        if (in.op == PP_FOREST) bytes += pp_forest_walked(p, &in);
    }
    int64_t rows = PP_BLOCK;
    while (rows < MOST && rows * NODES < bytes && 2 * rows * p->n_registers <= REGISTERS) rows *= 2;
    return rows;
}

// Bytes of scratch memory that the program's instructions need, the largest of them.
static int64_t pp_scratch_size(const pp_program *p, int64_t rows) {
    int64_t size = 0;
    pp_instruction in;
    for (int64_t at = 0; at < p->words;) {
        at = pp_next(p, at, &in);
        int64_t needed = 0;
        if (in.op == PP_FOREST) needed = pp_forest_scratch(p, &in, rows);
        if (in.op == PP_DENSE || in.op == PP_KERNEL) needed = pp_matrix_scratch(&in);
        if (needed > size) size = needed;
    }
    return size;
}

static void pp_block_run(const pp_block *b) {
    pp_instruction in;
    for (int64_t at = 0; at < b->program->words;) {
        at = pp_next(b->program, at, &in);
        if (in.op == PP_FOREST) {
            pp_forest(b, &in);
            continue;
        }
        for (int64_t start = 0; start < b->rows; start += PP_BLOCK) {
            const pp_block part = pp_part(b, start);
            pp_instruction_run(&part, &in);
        }
    }
}

// Rows `from` to `to` of a table.
typedef struct {
    const pp_program *program;
    const double *const *columns;
    double *outputs;
    int64_t rows, from, to, block;
    int32_t failed;
} pp_span;

static void *pp_span_run(void *argument) {
    pp_span *s = argument;
    const pp_program *p = s->program;
    const int64_t rows = s->to - s->from;
    const int64_t stride = rows < s->block ? (rows + 7) / 8 * 8 : s->block;
    const size_t reg_bytes = ((size_t)p->n_registers * (size_t)stride * sizeof(double) + 63) / 64 * 64;
    const size_t scratch_bytes = ((size_t)pp_scratch_size(p, stride) + 63) / 64 * 64;
    char *memory = aligned_alloc(64, reg_bytes + scratch_bytes + 64);
    s->failed = !memory;
    if (!memory) return 0;
    pp_block b = {p, (double *)memory, stride, 0, memory + reg_bytes};
    const int64_t first = rows < stride ? rows : stride;
    for (int32_t r = 0; r < p->n_constants; r++)
        for (int64_t i = 0; i < first; i++) b.regs[r * stride + i] = p->constants[r];
    for (int64_t start = s->from; start < s->to; start += s->block) {
        b.rows = s->to - start < s->block ? s->to - start : s->block;
        const size_t bytes = (size_t)b.rows * sizeof(double);
        for (int32_t k = 0; k < p->n_inputs; k++)
            memcpy(b.regs + (int64_t)(p->n_constants + k) * stride, s->columns[k] + start, bytes);
        pp_block_run(&b);
        for (int32_t k = 0; k < p->n_outputs; k++)
            memcpy(s->outputs + k * s->rows + start, b.regs + (int64_t)p->outputs[k] * stride, bytes);
    }
    free(memory);
    return 0;
}

// columns: n_inputs of `rows` numbers each; outputs: n_outputs columns, one after the other.
// `threads` share the rows evenly, each a run of them. They are made for this call and gone after
// it, so that a fork finds none; where one cannot be had, the caller's own does its part too.
// Returns 0, or 1 when there is no memory.
int32_t pp_score(const pp_program *p, const double *const *columns, double *outputs, int64_t rows,
                 int32_t threads) {
    enum { MOST = 256 };
    pp_span spans[MOST];
    pthread_t made[MOST];
    int started[MOST];
    if (threads > MOST) threads = MOST;
    const int64_t block = pp_block_rows(p), parts = (rows + PP_BLOCK - 1) / PP_BLOCK;
    for (int32_t t = 0; t < threads; t++) {
        const int64_t from = parts * t / threads * PP_BLOCK, to = parts * (t + 1) / threads * PP_BLOCK;
        spans[t] = (pp_span){p, columns, outputs, rows, from, to < rows ? to : rows, block, 0};
    }
    for (int32_t t = 1; t < threads; t++)
        started[t] = !pthread_create(made + t, 0, pp_span_run, spans + t);
    pp_span_run(spans);
    int32_t failed = spans[0].failed;
    for (int32_t t = 1; t < threads; t++) {
        if (started[t]) pthread_join(made[t], 0);
        else pp_span_run(spans + t);
        failed |= spans[t].failed;
    }
    return failed;
}

#include "record.c"
#include "json.c"
