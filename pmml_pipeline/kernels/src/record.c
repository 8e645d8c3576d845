// One record, a dict of Python's, to its results, also a dict, in one call.
//
// What Python would do in thirty steps of the interpreter is done here for what nearly all records
// are made of: plain floats, whole numbers and known texts that lie where the document wants them.
// Of anything else the function says that it is not for it (None), having changed nothing, and the
// same record takes the way through Python, which has the last word and the words for errors. So
// nothing is decided here that is decided there: only what is plainly admitted goes on.
//
// The interpreter's functions come in as pointers. The library is linked with nothing of Python's
// and stays the same for every version of it. The caller holds the interpreter's lock. It guards the
// registers too, which are made once, with the constants in them: they are only touched between the
// last look into the record and the first new object, where nothing can let another thread in.

#include "kernels.h"

typedef struct {
    void *(*dict_get)(void *dict, void *key);  // borrowed; null without an error: there is none
    int64_t (*dict_size)(void *dict);
    void *(*dict_new)(void);
    int (*dict_set)(void *dict, void *key, void *value);
    double (*float_value)(void *);
    void *(*float_new)(double);
    long long (*long_value)(void *, int *overflow);
    void *(*long_new)(double);
    void *(*error)(void);
    void (*error_clear)(void);
    void (*incref)(void *);
    void (*decref)(void *);
    void *(*text_new)(const char *, int64_t, const char *);
    void *(*bytes_new)(const char *, int64_t);
    double (*number_of)(const char *, char **end, void *);
    char *(*digits_of)(double, char, int, int, int *);
    void (*release)(void *);
    void *dict_type, *float_type, *long_type, *str_type;
    void *none, *true_, *false_;
} pp_python;

enum { PP_MOST_CELLS = 2048 };  // of a record or of its results
enum { PP_DOUBLE, PP_INTEGER, PP_BOOLEAN, PP_STRING };
enum { PP_REQUIRED = 1, PP_SINGLE = 2, PP_BOUNDED = 4, PP_LEFT_OPEN = 8, PP_RIGHT_OPEN = 16 };

typedef struct {
    void *name;
    void *known;  // PP_STRING: the number of each text. Others: the admitted values, or null for all
    int32_t kind, flags;
    double low, high;
    const double *marks;  // values that stand for a missing one
    int64_t n_marks;
    const char *key;  // the name in UTF-8
    int64_t key_size;
} pp_input;

typedef struct {
    void *name;
    int32_t kind, essential;  // an essential result that is missing or infinite is an error
    const char *key;          // the name in JSON, with its colon
    int64_t key_size;
} pp_output;

typedef struct {
    const pp_python *python;
    const pp_program *program;
    const pp_input *inputs;
    const pp_output *outputs;
    void *const *others;   // names that a record may have too
    const int32_t *reads;  // the input of each of the program's
    void *const *texts;
    const char *const *quoted;   // the texts in JSON
    const int64_t *quoted_sizes;
    double *regs;
    void *scratch;
    int64_t n_inputs, n_outputs, n_others, n_texts;
    int32_t refuse_extra;
} pp_reader;

// Where every object has its type, in the builds of Python that have one lock; the caller checks.
static inline void *pp_type(void *object) { return ((void **)object)[1]; }

// 1 and the cell of a number, which may be missing; 0 when Python has to look.
static inline int pp_number(const pp_input *f, double x, double *cell) {
    for (int64_t k = 0; k < f->n_marks; k++)
        if (x == f->marks[k]) x = NAN;
    *cell = x;
    if (x != x) return !(f->flags & PP_REQUIRED);
    if (f->flags & PP_BOUNDED) {
        const double y = f->flags & PP_SINGLE ? (double)(float)x : x;
        if (y < f->low || y > f->high) return 0;
        if ((f->flags & PP_LEFT_OPEN) && y == f->low) return 0;
        if ((f->flags & PP_RIGHT_OPEN) && y == f->high) return 0;
    }
    return 1;
}

// 1 and the cell, 0 when Python has to look.
static inline int pp_cell(const pp_python *py, const pp_input *f, void *value, double *cell) {
    void *type;
    double x = NAN;
    if (value && value != py->none) {
        type = pp_type(value);
        if (f->kind == PP_STRING) {
            void *number = type == py->str_type ? py->dict_get(f->known, value) : 0;
            if (!number) return 0;
            *cell = py->float_value(number);
            return 1;
        }
        if (f->kind == PP_BOOLEAN) {
            if (value == py->true_) x = 1.0;
            else if (value == py->false_) x = 0.0;
            else return 0;
        } else if (type == py->float_type && f->kind == PP_DOUBLE) {
            x = py->float_value(value);
        } else if (type == py->long_type) {
            int overflow = 0;
            const long long whole = py->long_value(value, &overflow);
            if (overflow || whole > (1LL << 53) || whole < -(1LL << 53)) return 0;
            x = (double)whole;
        } else {
            return 0;
        }
    }
    if (!pp_number(f, x, cell)) return 0;
    return *cell != *cell || !f->known || py->dict_get(f->known, value);
}

static int pp_cells(const pp_reader *r, void *record, double *cells) {
    const pp_python *py = r->python;
    if (pp_type(record) != py->dict_type) return 0;
    int64_t found = 0;
    for (int64_t i = 0; i < r->n_inputs; i++) {
        void *value = py->dict_get(record, r->inputs[i].name);
        if (value) found++;
        else if (py->error()) return 0;
        if (!pp_cell(py, r->inputs + i, value, cells + i)) return 0;
    }
    if (!r->refuse_extra) return 1;
    const int64_t size = py->dict_size(record);
    for (int64_t i = 0; i < r->n_others && found < size; i++)
        if (py->dict_get(record, r->others[i])) found++;
    return found == size;
}

static void *pp_object(const pp_reader *r, const pp_output *f, double x) {
    const pp_python *py = r->python;
    void *object = 0;
    if (f->essential && x - x != 0.0) return 0;  // NaN too
    if (x != x) object = py->none;
    else if (f->kind == PP_DOUBLE) return py->float_new(x);
    else if (f->kind == PP_BOOLEAN) object = x == 1.0 ? py->true_ : (x == 0.0 ? py->false_ : 0);
    else if (x != floor(x) || fabs(x) > 9007199254740992.0) return 0;
    else if (f->kind == PP_INTEGER) return py->long_new(x);
    else if (x >= 0.0 && x < (double)r->n_texts) object = r->texts[(int64_t)x];
    if (object) py->incref(object);
    return object;
}

static void *pp_results(const pp_reader *r, const double *values) {
    const pp_python *py = r->python;
    void *results = py->dict_new();
    int64_t present = 0;
    for (int64_t i = 0; results && i < r->n_outputs; i++) {
        void *value = pp_object(r, r->outputs + i, values[i]);
        const int bad = !value || py->dict_set(results, r->outputs[i].name, value);
        present += value != py->none;
        if (value) py->decref(value);
        if (bad) {
            py->decref(results);
            return 0;
        }
    }
    if (results && !present) {  // no result at all is an error
        py->decref(results);
        return 0;
    }
    return results;
}

static void pp_run(const pp_reader *r, const double *cells, double *values) {
    const pp_program *p = r->program;
    pp_block b = {p, r->regs, PP_LANES, 1, r->scratch};
    for (int32_t k = 0; k < p->n_inputs; k++)
        r->regs[(p->n_constants + k) * PP_LANES] = cells[r->reads[k]];
    pp_block_run(&b);
    for (int64_t i = 0; i < r->n_outputs; i++) values[i] = r->regs[p->outputs[i] * PP_LANES];
}

// The object, or None in the place of none: the record has to take the other way.
static void *pp_or_none(const pp_reader *r, void *object) {
    if (object) return object;
    r->python->error_clear();
    r->python->incref(r->python->none);
    return r->python->none;
}

// A new dict, or None.
void *pp_score_record(const pp_reader *r, void *record) {
    double cells[PP_MOST_CELLS], values[PP_MOST_CELLS];
    if (!pp_cells(r, record, cells)) return pp_or_none(r, 0);
    pp_run(r, cells, values);
    return pp_or_none(r, pp_results(r, values));
}

// What a reader needs to have allocated, each at an address that is a multiple of 64: doubles of
// registers, which must be zero, and bytes of scratch.
void pp_reader_size(const pp_program *p, int64_t *registers, int64_t *scratch) {
    *registers = (int64_t)p->n_registers * PP_LANES;
    *scratch = pp_scratch_size(p, 1) + 64;
}

// Puts the constants into the registers, once.
void pp_reader_begin(const pp_reader *r) {
    for (int64_t k = 0; k < r->program->n_constants; k++)
        for (int64_t i = 0; i < PP_LANES; i++) r->regs[k * PP_LANES + i] = r->program->constants[k];
}

int32_t pp_most_cells(void) { return PP_MOST_CELLS; }
