// Plain trees of a document to tests with two ways out: what compiler/lower/tree_model.py does, for
// nodes whose predicates are simple, and the same tests come out in the same order.
//
// On the way down it is remembered what is known of each register: between which limits it is, which
// of its levels are left, whether it can be missing, whether it can be present. A test whose outcome
// is known is not made. What is known on the failing side of a test is put aside until its passing
// side is done; then what was learnt since is taken back.
//
// Out come items in the order in which they are met: a split, all of its passing side, all of its
// failing side. An item without a register is a leaf.

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The test of a node that has none.
enum { PP_GROW_TRUE = -1, PP_GROW_FALSE = -2 };
// Kinds of test.
enum { PP_GROW_AT_MOST, PP_GROW_EQUAL, PP_GROW_ONE_OF, PP_GROW_IS_MISSING };
// missingValueStrategy.
enum { PP_GROW_NONE, PP_GROW_LAST, PP_GROW_NULL, PP_GROW_DEFAULT };
// Where a missing value may go.
enum { PP_GROW_EITHER, PP_GROW_YES, PP_GROW_NO };

// What Python hands over. Nodes are counted through all trees.
typedef struct {
    int64_t n_trees, n_registers, most;  // most: splits of one tree
    const int32_t *roots, *strategies, *lasts;  // by tree; last: 1 for returnLastPrediction
    const int32_t *tests, *ids, *defaults;      // by node; strings, -1 for none
    const int32_t *firsts, *children;           // nodes below a node: children[firsts[n]] and on
    const int32_t *fields, *registers, *presents, *kinds, *negated, *sets;  // by test
    const double *thresholds;
    const int64_t *words;  // by register: where its levels lie in what is known; one more
    const uint64_t *levels;  // of set s: at set_starts[s], as many words as its register has
    const int64_t *set_starts;
} pp_grow_plain;

typedef struct {
    int32_t reg, set, missing, failed, node;
    double threshold;
} pp_grow_item;

// Python's view of what came out.
typedef struct {
    int64_t items, room;
    pp_grow_item *at;
    int64_t *starts;  // by tree; one more
} pp_grow_grown;

typedef struct {
    int32_t kind, a, b;
} pp_grow_way;  // where to go on
// A node; its children from b on; a leaf; in a test of x = t: it is at most t.
enum { PP_GROW_NODE, PP_GROW_CHILDREN, PP_GROW_LEAF, PP_GROW_ABOVE };

typedef struct {
    double low, high;
    int32_t set, maybe_missing, maybe_present;  // set: whether anything is known
} pp_grow_known;

typedef struct {
    int32_t split, reg;
    int64_t undo;
    pp_grow_known known;
    pp_grow_way way;
    int64_t levels;  // where its levels lie among those put aside, or -1 for as before
} pp_grow_aside;

typedef struct {
    int32_t reg;
    pp_grow_known known;
    int64_t levels;
} pp_grow_undo;

typedef struct {
    const pp_grow_plain *p;
    pp_grow_grown *out;
    pp_grow_known *known;  // by register
    uint64_t *possible;  // by register, levels that are left; the highest bit of all: any other
    pp_grow_aside *aside;
    int64_t n_aside, room_aside;
    pp_grow_undo *undo;
    int64_t n_undo, room_undo;
    uint64_t *kept;  // levels of aside and undo
    int64_t n_kept, room_kept;
    int32_t failed;  // no memory
} pp_grow_state;

static void *pp_grow_room(void *at, int64_t needed, int64_t *room, size_t size, int32_t *failed) {
    if (needed <= *room) return at;
    int64_t n = *room ? *room * 2 : 256;
    while (n < needed) n *= 2;
    void *more = realloc(at, (size_t)n * size);
    if (!more) {
        *failed = 1;
        return at;
    }
    *room = n;
    return more;
}

static int64_t pp_grow_n_words(const pp_grow_state *s, int32_t reg) {
    return s->p->words[reg + 1] - s->p->words[reg];
}

// Notes what is known of a register, to be taken back.
static void pp_grow_learn(pp_grow_state *s, int32_t reg, pp_grow_known known, const uint64_t *levels) {
    const int64_t n = pp_grow_n_words(s, reg);
    s->undo = pp_grow_room(s->undo, s->n_undo + 1, &s->room_undo, sizeof(pp_grow_undo), &s->failed);
    if (levels)
        s->kept = pp_grow_room(s->kept, s->n_kept + n, &s->room_kept, sizeof(uint64_t), &s->failed);
    if (s->failed) return;
    uint64_t *own = s->possible + s->p->words[reg];
    s->undo[s->n_undo++] = (pp_grow_undo){reg, s->known[reg], levels ? s->n_kept : -1};
    if (levels) {
        memcpy(s->kept + s->n_kept, own, (size_t)n * sizeof(uint64_t));
        s->n_kept += n;
        memmove(own, levels, (size_t)n * sizeof(uint64_t));
    }
    s->known[reg] = known;
}

static void pp_grow_take_back(pp_grow_state *s, int64_t mark) {
    while (s->n_undo > mark) {
        const pp_grow_undo *u = s->undo + --s->n_undo;
        s->known[u->reg] = u->known;
        if (u->levels >= 0) {
            const int64_t n = pp_grow_n_words(s, u->reg);
            memcpy(s->possible + s->p->words[u->reg], s->kept + u->levels, (size_t)n * 8);
            s->n_kept = u->levels;
        }
    }
}

static int32_t pp_grow_emit(pp_grow_state *s, pp_grow_item item) {
    pp_grow_grown *g = s->out;
    if (g->items >= INT32_MAX) s->failed = 1;
    g->at = pp_grow_room(g->at, g->items + 1, &g->room, sizeof(pp_grow_item), &s->failed);
    if (s->failed) return 0;
    g->at[g->items] = item;
    return (int32_t)g->items++;
}

// A split: the failing side is put aside, and what the passing side knows is learnt. Levels may be 0
// for those that are left as they are.
static void pp_grow_split(pp_grow_state *s, int32_t reg, double threshold, int32_t set, int32_t missing,
                     pp_grow_known passed, const uint64_t *passed_levels, pp_grow_known failed,
                     const uint64_t *failed_levels, pp_grow_way failed_way) {
    const int64_t n = pp_grow_n_words(s, reg);
    const int32_t split = pp_grow_emit(s, (pp_grow_item){reg, set, missing, 0, -1, threshold});
    s->aside = pp_grow_room(s->aside, s->n_aside + 1, &s->room_aside, sizeof(pp_grow_aside), &s->failed);
    if (failed_levels)
        s->kept = pp_grow_room(s->kept, s->n_kept + n, &s->room_kept, sizeof(uint64_t), &s->failed);
    if (s->failed) return;
    pp_grow_aside *a = s->aside + s->n_aside++;
    *a = (pp_grow_aside){split, reg, s->n_undo, failed, failed_way, failed_levels ? s->n_kept : -1};
    if (failed_levels) {
        memcpy(s->kept + s->n_kept, failed_levels, (size_t)n * sizeof(uint64_t));
        s->n_kept += n;
    }
    pp_grow_learn(s, reg, passed, passed_levels);
}

// A test with its outcome for present values known or not (`outcome`), and missing ones apart.
// yes_levels and no_levels are 0 in a test of numbers. Returns where to go on.
static pp_grow_way pp_grow_three(pp_grow_state *s, int32_t reg, pp_grow_known known, int32_t outcome, pp_grow_known on_yes,
                       const uint64_t *yes_levels, pp_grow_known on_no, const uint64_t *no_levels,
                       pp_grow_way yes, pp_grow_way no, pp_grow_way unknown, int32_t way, double threshold,
                       int32_t set) {
    if (!known.maybe_present) {
        pp_grow_learn(s, reg, known, 0);
        return way == PP_GROW_YES ? yes : way == PP_GROW_NO ? no : unknown;
    }
    if (known.maybe_missing && way == PP_GROW_EITHER) {
        pp_grow_known here = known, gone = known;
        here.maybe_missing = 0;
        gone.maybe_present = 0;
        pp_grow_split(s, reg, INFINITY, -1, 0, here, 0, gone, 0, unknown);
        if (s->failed) return unknown;
        known = here;
    }
    const int32_t missing_yes = known.maybe_missing && way == PP_GROW_YES;
    const int32_t missing_no = known.maybe_missing && way == PP_GROW_NO;
    on_yes.maybe_missing = missing_yes;
    on_no.maybe_missing = missing_no;
    if (outcome == PP_GROW_YES && !missing_no) {
        pp_grow_learn(s, reg, on_yes, yes_levels);
        return yes;
    }
    if (outcome == PP_GROW_NO && !missing_yes) {
        pp_grow_learn(s, reg, on_no, no_levels);
        return no;
    }
    if (outcome == PP_GROW_YES) {  // only the missing ones go the other way
        on_no.maybe_present = 0;
        on_no.maybe_missing = 1;
        pp_grow_split(s, reg, INFINITY, -1, 0, on_yes, yes_levels, on_no, no_levels, no);
        return yes;
    }
    if (outcome == PP_GROW_NO) {
        on_yes.maybe_present = 0;
        on_yes.maybe_missing = 1;
        pp_grow_split(s, reg, INFINITY, -1, 0, on_no, no_levels, on_yes, yes_levels, yes);
        return no;
    }
    pp_grow_split(s, reg, threshold, set, missing_yes, on_yes, yes_levels, on_no, no_levels, no);
    return yes;
}

static pp_grow_known pp_grow_known_of(const pp_grow_state *s, int32_t reg, int32_t present) {
    if (s->known[reg].set) return s->known[reg];
    return (pp_grow_known){-INFINITY, INFINITY, 1, !present, 1};
}

static pp_grow_way pp_grow_number(pp_grow_state *s, int32_t reg, int32_t present, double threshold, pp_grow_way yes,
                        pp_grow_way no, pp_grow_way unknown, int32_t way) {
    const pp_grow_known known = pp_grow_known_of(s, reg, present);
    const int32_t outcome =
        known.high <= threshold ? PP_GROW_YES : known.low >= threshold ? PP_GROW_NO : PP_GROW_EITHER;
    pp_grow_known below = known, above = known;
    if (threshold < below.high) below.high = threshold;
    if (threshold > above.low) above.low = threshold;
    return pp_grow_three(s, reg, known, outcome, below, 0, above, 0, yes, no, unknown, way, threshold, -1);
}

static pp_grow_way pp_grow_levels(pp_grow_state *s, int32_t reg, int32_t present, int32_t set, pp_grow_way yes,
                        pp_grow_way no, pp_grow_way unknown, int32_t way, uint64_t *scratch) {
    const pp_grow_known known = pp_grow_known_of(s, reg, present);
    const int64_t n = pp_grow_n_words(s, reg);
    const uint64_t *left = s->possible + s->p->words[reg];
    const uint64_t *wanted = s->p->levels + s->p->set_starts[set];
    uint64_t *inside = scratch, *outside = scratch + n, any_in = 0, any_out = 0;
    for (int64_t i = 0; i < n; i++) {
        any_in |= inside[i] = left[i] & wanted[i];
        any_out |= outside[i] = left[i] & ~wanted[i];
    }
    const int32_t outcome = !any_in ? PP_GROW_NO : !any_out ? PP_GROW_YES : PP_GROW_EITHER;
    return pp_grow_three(s, reg, known, outcome, known, inside, known, outside, yes, no, unknown, way, 0.0,
                    set);
}

// Whether a row whose field is missing comes to the default child on the false way too.
static int32_t pp_grow_leads_to_default(const pp_grow_plain *p, int32_t node, int32_t at) {
    const int32_t next = p->firsts[node] + at + 1;
    if (next >= p->firsts[node + 1]) return 0;
    const int32_t child = p->children[next], test = p->tests[child];
    if (p->defaults[node] < 0) return 0;
    if (test == PP_GROW_TRUE) return p->ids[child] == p->defaults[node];
    if (test == PP_GROW_FALSE || p->kinds[test] == PP_GROW_IS_MISSING) return 0;
    const int32_t own = p->tests[p->children[p->firsts[node] + at]];
    return own >= 0 && p->fields[test] == p->fields[own];
}

// The test of a node's predicate. Returns where to go on.
static pp_grow_way pp_grow_test(pp_grow_state *s, int32_t node, pp_grow_way yes, pp_grow_way no, pp_grow_way unknown, int32_t way,
                      uint64_t *scratch) {
    const pp_grow_plain *p = s->p;
    const int32_t test = p->tests[node];
    if (test == PP_GROW_TRUE) return yes;
    if (test == PP_GROW_FALSE) return no;
    const int32_t reg = p->registers[test], present = p->presents[test];
    if (p->negated[test]) {
        const pp_grow_way other = yes;
        yes = no;
        no = other;
        way = way == PP_GROW_YES ? PP_GROW_NO : way == PP_GROW_NO ? PP_GROW_YES : way;
    }
    if (p->kinds[test] == PP_GROW_IS_MISSING) {  // "yes" is where it is there
        pp_grow_known here = pp_grow_known_of(s, reg, present), gone = here;
        const pp_grow_known known = here;
        here.maybe_missing = 0;
        gone.maybe_present = 0;
        if (!known.maybe_missing || !known.maybe_present) {
            pp_grow_learn(s, reg, known.maybe_missing ? gone : here, 0);
            return known.maybe_missing ? no : yes;
        }
        pp_grow_split(s, reg, INFINITY, -1, 0, here, 0, gone, 0, no);
        return yes;
    }
    if (p->kinds[test] == PP_GROW_ONE_OF)
        return pp_grow_levels(s, reg, present, p->sets[test], yes, no, unknown, way, scratch);
    const double threshold = p->thresholds[test];
    if (p->kinds[test] == PP_GROW_AT_MOST)
        return pp_grow_number(s, reg, present, threshold, yes, no, unknown, way);
    // x = t: at most t, and not at most the number before
    const int32_t no_way = way == PP_GROW_NO ? PP_GROW_NO : PP_GROW_EITHER;
    const pp_grow_way next = pp_grow_number(s, reg, present, threshold, (pp_grow_way){PP_GROW_ABOVE, 0, 0}, no, unknown,
                                  no_way);
    if (next.kind != PP_GROW_ABOVE) return next;
    return pp_grow_number(s, reg, present, nextafter(threshold, -INFINITY), no, yes, no, PP_GROW_NO);
}

static int pp_grow_tree(pp_grow_state *s, int32_t tree, uint64_t *scratch) {
    const pp_grow_plain *p = s->p;
    const int32_t root = p->roots[tree], strategy = p->strategies[tree];
    const pp_grow_way nothing = {PP_GROW_LEAF, -1, 0};
    // "If the root's predicate is not true, there is no prediction."
    pp_grow_way way = pp_grow_test(s, root, (pp_grow_way){PP_GROW_NODE, root, 0}, nothing, nothing, PP_GROW_EITHER, scratch);
    const int64_t begin = s->out->items;
    while (!s->failed && s->out->items - begin <= 2 * p->most) {
        if (way.kind == PP_GROW_NODE && p->firsts[way.a] == p->firsts[way.a + 1]) way.kind = PP_GROW_LEAF;
        if (way.kind == PP_GROW_NODE) way = (pp_grow_way){PP_GROW_CHILDREN, way.a, 0};
        const int32_t node = way.a, at = way.b;
        if (way.kind == PP_GROW_CHILDREN && p->firsts[node] + at == p->firsts[node + 1])
            way = (pp_grow_way){PP_GROW_LEAF, p->lasts[tree] ? node : -1, 0};
        if (way.kind == PP_GROW_CHILDREN) {
            const int32_t child = p->children[p->firsts[node] + at];
            const pp_grow_way otherwise = {PP_GROW_CHILDREN, node, at + 1};
            pp_grow_way unknown = nothing;
            int32_t missing = PP_GROW_EITHER;
            if (strategy == PP_GROW_NONE) {
                unknown = otherwise;
                missing = PP_GROW_NO;
            } else if (strategy == PP_GROW_LAST) {
                unknown.a = node;
            } else if (strategy == PP_GROW_DEFAULT) {
                for (int32_t c = p->firsts[node]; c < p->firsts[node + 1]; c++)
                    if (p->defaults[node] >= 0 && p->ids[p->children[c]] == p->defaults[node]) {
                        unknown = (pp_grow_way){PP_GROW_NODE, p->children[c], 0};
                        break;
                    }
                if (p->ids[child] == p->defaults[node] && p->defaults[node] >= 0) missing = PP_GROW_YES;
                else if (pp_grow_leads_to_default(p, node, at)) missing = PP_GROW_NO;
            }
            way = pp_grow_test(s, child, (pp_grow_way){PP_GROW_NODE, child, 0}, otherwise, unknown, missing, scratch);
            continue;
        }
        pp_grow_emit(s, (pp_grow_item){-1, -1, 0, 0, way.a, 0.0});
        if (!s->n_aside) break;
        const pp_grow_aside a = s->aside[--s->n_aside];
        pp_grow_take_back(s, a.undo);
        s->out->at[a.split].failed = (int32_t)s->out->items;
        if (a.levels >= 0)  // a copy, since what is kept may move
            memcpy(scratch, s->kept + a.levels, (size_t)pp_grow_n_words(s, a.reg) * sizeof(uint64_t));
        pp_grow_learn(s, a.reg, a.known, a.levels < 0 ? 0 : scratch);
        way = a.way;
    }
    const int done = !s->failed && !s->n_aside && s->out->items - begin <= 2 * p->most;
    pp_grow_take_back(s, 0);
    s->n_aside = s->n_kept = 0;
    return done;
}

void pp_grow_free(pp_grow_grown *g) {
    free(g->at);
    free(g->starts);
    *g = (pp_grow_grown){0};
}

// Returns 0, or 1 where a tree grows too large or there is no memory.
int32_t pp_grow_trees(const pp_grow_plain *p, pp_grow_grown *out) {
    pp_grow_state s = {.p = p, .out = out};
    const int64_t words = p->words[p->n_registers];
    *out = (pp_grow_grown){0};
    out->starts = malloc((size_t)(p->n_trees + 1) * sizeof(int64_t));
    s.known = calloc((size_t)p->n_registers + 1, sizeof(pp_grow_known));
    s.possible = malloc((size_t)(words + 1) * sizeof(uint64_t));
    uint64_t *scratch = malloc((size_t)(2 * words + 1) * sizeof(uint64_t));
    int32_t wrong = !out->starts || !s.known || !s.possible || !scratch;
    if (!wrong) memset(s.possible, 0xff, (size_t)words * sizeof(uint64_t));
    for (int64_t t = 0; !wrong && t < p->n_trees; t++) {
        out->starts[t] = out->items;
        wrong = !pp_grow_tree(&s, (int32_t)t, scratch);
    }
    if (!wrong) out->starts[p->n_trees] = out->items;
    free(s.known);
    free(s.possible);
    free(s.aside);
    free(s.undo);
    free(s.kept);
    free(scratch);
    return wrong;
}
