// One record in JSON to its results in JSON, in one call, for services: what record.c does, without
// an object of Python's for the record, its names and numbers.
//
//   {"Age": 30, "Home": "rent"}   ->   cells   ->   values   ->   {"label": "good", "p": 0.25}
//
// The same rule holds: what is not plainly admitted takes the other way. Here these are also names
// and texts with escapes, names that occur twice, whole numbers beyond 2^53, and whatever is no
// JSON: nothing is refused here. A number is what the interpreter reads and writes.

#include <string.h>

#include "kernels.h"

typedef struct {
    const char *at, *end;
} pp_json;

static inline void pp_blank(pp_json *j) {
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

static inline int pp_sign(pp_json *j, char c) {
    pp_blank(j);
    if (j->at == j->end || *j->at != c) return 0;
    j->at++;
    return 1;
}

// A text without escapes, behind its quote; its size, or -1.
static inline int64_t pp_json_text(pp_json *j, const char **start) {
    *start = j->at;
    for (; j->at < j->end; j->at++) {
        const unsigned char c = (unsigned char)*j->at;
        if (c == '"') return j->at++ - *start;
        if (c == '\\' || c < 0x20) return -1;
    }
    return -1;
}

static inline int pp_literal(pp_json *j, const char *word, int64_t size) {
    if (j->end - j->at < size || memcmp(j->at, word, (size_t)size)) return 0;
    j->at += size;
    return 1;
}

static inline int pp_digit(const pp_json *j) {
    return j->at < j->end && *j->at >= '0' && *j->at <= '9';
}

// A number by JSON's grammar. Whole ones are exact, or the record takes the other way.
static int pp_json_number(const pp_python *py, pp_json *j, int *whole, double *x) {
    static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *start = j->at;
    uint64_t digits = 0;
    int64_t count = 0, behind = 0;
    const int negative = *j->at == '-';
    j->at += negative;
    if (!pp_digit(j)) return 0;
    if (*j->at == '0') {
        j->at++;
    } else {
        for (; pp_digit(j); j->at++, count++)
            if (count < 19) digits = digits * 10 + (uint64_t)(*j->at - '0');
    }
    *whole = 1;
    if (j->at < j->end && *j->at == '.') {
        *whole = 0;
        j->at++;
        if (!pp_digit(j)) return 0;
        for (; pp_digit(j); j->at++, count++, behind++)
            if (count < 19) digits = digits * 10 + (uint64_t)(*j->at - '0');
    }
    int plain = count < 19 && digits <= 1ULL << 53;
    if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
        *whole = plain = 0;
        j->at++;
        if (j->at < j->end && (*j->at == '+' || *j->at == '-')) j->at++;
        if (!pp_digit(j)) return 0;
        while (pp_digit(j)) j->at++;
    }
    if (plain && behind <= 22) {
        // Both are exact, so the quotient is rounded once (Clinger 1990).
        *x = (double)digits / TENS[behind];
        if (negative && !(*whole && digits == 0)) *x = -*x;  // a whole number has no second zero
        return 1;
    }
    if (*whole) return 0;
    char *end = 0;
    *x = py->number_of(start, &end, 0);  // stops at what is none: a text of Python's ends with 0
    return end == j->at && *x - *x == 0.0;
}

static int pp_json_cell(const pp_python *py, const pp_input *f, pp_json *j, double *cell) {
    pp_blank(j);
    if (j->at == j->end) return 0;
    if (*j->at == '"') {
        const char *start;
        j->at++;
        const int64_t size = pp_json_text(j, &start);
        if (size < 0 || f->kind != PP_STRING) return 0;
        void *text = py->text_new(start, size, 0);
        void *number = text ? py->dict_get(f->known, text) : 0;
        if (number) *cell = py->float_value(number);
        if (text) py->decref(text);
        return number != 0;
    }
    if (*j->at == 'n') return pp_literal(j, "null", 4) && pp_number(f, *cell = NAN, cell);
    if (f->kind == PP_STRING) return 0;
    double x;
    if (f->kind == PP_BOOLEAN) {
        if (pp_literal(j, "true", 4)) x = 1.0;
        else if (pp_literal(j, "false", 5)) x = 0.0;
        else return 0;
    } else {
        int whole;
        if (*j->at != '-' && !pp_digit(j)) return 0;
        if (!pp_json_number(py, j, &whole, &x) || (!whole && f->kind != PP_DOUBLE)) return 0;
    }
    if (!pp_number(f, x, cell)) return 0;
    if (*cell != *cell || !f->known) return 1;
    void *number = py->float_new(x);
    const int known = number && py->dict_get(f->known, number);
    if (number) py->decref(number);
    return known;
}

// The record and nothing behind it.
static int pp_json_cells(const pp_reader *r, pp_json *j, double *cells) {
    char seen[PP_MOST_CELLS] = {0};
    int64_t left = 16 * r->n_inputs + 4096;  // names that are looked at: they come in any order
    int64_t next = 0;
    if (!pp_sign(j, '{')) return 0;
    if (!pp_sign(j, '}')) {
        do {
            const char *name;
            if (!pp_sign(j, '"')) return 0;
            const int64_t size = pp_json_text(j, &name);
            if (size < 0 || !pp_sign(j, ':')) return 0;
            for (;; next++) {
                if (next >= r->n_inputs) next = 0;
                if (!r->n_inputs || --left < 0) return 0;
                const pp_input *f = r->inputs + next;
                if (f->key_size == size && !memcmp(f->key, name, (size_t)size)) break;
            }
            if (seen[next]) return 0;
            seen[next] = 1;
            if (!pp_json_cell(r->python, r->inputs + next, j, cells + next)) return 0;
            next++;
        } while (pp_sign(j, ','));
        if (!pp_sign(j, '}')) return 0;
    }
    pp_blank(j);
    if (j->at != j->end) return 0;
    for (int64_t i = 0; i < r->n_inputs; i++) {
        if (seen[i]) continue;
        if (!pp_number(r->inputs + i, NAN, cells + i)) return 0;
    }
    return 1;
}

typedef struct {
    char *at, *end;
} pp_out;

static inline int pp_put(pp_out *o, const char *text, int64_t size) {
    if (o->end - o->at < size) return 0;
    memcpy(o->at, text, (size_t)size);
    o->at += size;
    return 1;
}

// 1 and the result in JSON; 0 when there is no room for it or it is an error.
static int pp_put_result(const pp_reader *r, const pp_output *f, double x, pp_out *o) {
    const pp_python *py = r->python;
    if (f->essential && x - x != 0.0) return 0;
    if (x != x) return pp_put(o, "null", 4);
    if (f->kind == PP_DOUBLE || f->kind == PP_INTEGER) {
        if (x - x != 0.0) return 0;
        if (f->kind == PP_INTEGER && (x != floor(x) || fabs(x) > 9007199254740992.0)) return 0;
        // The shortest digits that give the same number; those of a whole one without a point.
        char *digits = f->kind == PP_DOUBLE ? py->digits_of(x, 'r', 0, 2, 0)
                                            : py->digits_of(x + 0.0, 'f', 0, 0, 0);
        if (!digits) return 0;
        const int put = pp_put(o, digits, (int64_t)strlen(digits));
        py->release(digits);
        return put;
    }
    if (f->kind == PP_BOOLEAN)
        return x == 1.0 ? pp_put(o, "true", 4) : (x == 0.0 ? pp_put(o, "false", 5) : 0);
    if (x != floor(x) || x < 0.0 || x >= (double)r->n_texts) return 0;
    return pp_put(o, r->quoted[(int64_t)x], r->quoted_sizes[(int64_t)x]);
}

// New bytes, or None. `bare` leaves the name of a single output out.
void *pp_score_json(const pp_reader *r, const char *text, int64_t start, int64_t stop, int32_t bare) {
    double cells[PP_MOST_CELLS], values[PP_MOST_CELLS];
    char room[1 << 14];
    pp_json j = {text + start, text + stop};
    pp_out o = {room, room + sizeof room};
    int64_t present = 0;
    if (!pp_json_cells(r, &j, cells)) return pp_or_none(r, 0);
    pp_run(r, cells, values);
    int good = bare || pp_put(&o, "{", 1);
    for (int64_t i = 0; good && i < r->n_outputs; i++) {
        const pp_output *f = r->outputs + i;
        if (!bare) good = (i == 0 || pp_put(&o, ",", 1)) && pp_put(&o, f->key, f->key_size);
        good = good && pp_put_result(r, f, values[i], &o);
        present += values[i] == values[i];
    }
    good = good && present && (bare || pp_put(&o, "}", 1));
    return pp_or_none(r, good ? r->python->bytes_new(room, o.at - room) : 0);
}
