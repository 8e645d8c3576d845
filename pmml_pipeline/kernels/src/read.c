// XML to a flat table of elements, with the expat that is inside Python.
//
// Python hands over the functions of its own expat (the capsule pyexpat.expat_CAPI, which its
// ElementTree stands on too), so nothing is linked and nothing else parses. What expat reports goes
// into columns:
//
//   element   tag, parent, line, end (the element after its last descendant), text, first attribute
//   attribute name, value
//   string    each text once, whoever uses it: where it begins in one buffer of UTF-8
//
// Elements are in the order of the document, so the first child of an element is the next one, and
// the next brother of a child is at its end. Tags, names, values and texts are numbers of strings.
//
// A tag is the name without the namespace. An element of another namespace than the root's is no
// element of PMML, whatever its name: its tag is namespace, space and name. Cells of a row and what
// is inside an Extension may be of any namespace.
//
// A DTD, too many elements and too deep nesting stop everything: what expat reports after that is
// not looked at, and no more is fed to it.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The beginning of struct PyExpat_CAPI of Python's pyexpat.h, up to the last function needed here.
typedef struct {
    const char *magic;
    int size, major, minor, micro;
    const char *(*error_string)(int);
    int (*error_code)(void *);
    unsigned long (*column)(void *);
    unsigned long (*line)(void *);
    int (*parse)(void *, const char *, int, int);
    void *(*create)(const char *, const void *, const char *);
    void (*free_parser)(void *);
    void (*set_text)(void *, void (*)(void *, const char *, int));
    void (*set_comment)(void *, void *);
    void (*set_default)(void *, void *);
    void (*set_element)(void *, void (*)(void *, const char *, const char **),
                        void (*)(void *, const char *));
    void (*set_namespace)(void *, void *, void *);
    void (*set_instruction)(void *, void *);
    void (*set_encoding_handler)(void *, int (*)(void *, const char *, void *), void *);
    void (*set_user_data)(void *, void *);
    void (*set_doctype)(void *, void (*)(void *, const char *, const char *, const char *, int));
    int (*set_encoding)(void *, const char *);
    int (*encoding_handler)(void *, const char *, void *);
} pp_xml_expat;

enum { PP_XML_OK, PP_XML_MALFORMED, PP_XML_DEPTH, PP_XML_ELEMENTS, PP_XML_DTD, PP_XML_MEMORY };

// What Python sees; the columns stay the reader's.
typedef struct {
    int64_t elements, attributes, strings, bytes;
    const int32_t *tags, *parents, *lines, *ends, *texts, *firsts;  // firsts has one more
    const int32_t *names, *values;
    const int64_t *starts;  // one more than strings
    const char *buffer;
    int64_t root;           // string: the name of the first element with its namespace, or -1
    int64_t line, column;   // of what is wrong
    int32_t code;           // of expat
} pp_xml_table;

typedef struct {
    int32_t *at;
    int64_t size, room;
} pp_xml_column;

typedef struct {
    char *at;
    int64_t size, room;
} pp_xml_bytes;

typedef struct {
    const pp_xml_expat *expat;
    void *parser;
    int64_t max_depth, max_elements, seen, depth, skipping;
    int64_t extension;  // the depth of the Extension that we are in, or 0
    char skip[64];  // elements of this tag are counted and not kept
    int32_t state, code;
    int64_t line, wrong_column, root;
    pp_xml_column tags, parents, lines, ends, texts, firsts, names, values;
    pp_xml_column open;    // the elements that have not ended
    pp_xml_bytes *pieces;  // the text so far of each of them
    int64_t n_pieces;
    pp_xml_bytes buffer;
    pp_xml_bytes starts, hashes;  // of int64_t, uint64_t
    int64_t strings;
    uint32_t *slots;  // string + 1, by hash
    int64_t n_slots;
    uint64_t seed;
} pp_xml_reader;

static int pp_xml_grow(pp_xml_bytes *b, int64_t more) {
    if (b->size + more <= b->room) return 1;
    int64_t room = b->room ? b->room : 64;
    while (room < b->size + more) room *= 2;
    char *at = realloc(b->at, (size_t)room);
    if (!at) return 0;
    b->at = at;
    b->room = room;
    return 1;
}

static int pp_xml_put(pp_xml_column *c, int32_t value) {
    if (c->size == c->room) {
        const int64_t room = c->room ? c->room * 2 : 1024;
        int32_t *at = realloc(c->at, (size_t)room * sizeof(int32_t));
        if (!at) return 0;
        c->at = at;
        c->room = room;
    }
    c->at[c->size++] = value;
    return 1;
}

// A product folded in half, with a seed that nobody outside knows: texts cannot be made to collide.
static uint64_t pp_xml_hash(uint64_t seed, const char *text, int64_t n) {
    uint64_t h = seed ^ (uint64_t)n, word;
    for (int64_t i = 0; i < n; i += 8) {
        word = 0;
        memcpy(&word, text + i, (size_t)(n - i < 8 ? n - i : 8));
        const unsigned __int128 product =
            (unsigned __int128)(h ^ word) * (seed | 0x9e3779b97f4a7c15u);
        h = (uint64_t)product ^ (uint64_t)(product >> 64) ^ seed;
    }
    return h ^ (h >> 32);
}

static int pp_xml_rehash(pp_xml_reader *r) {
    const int64_t n = r->n_slots ? r->n_slots * 2 : 4096;
    uint32_t *slots = calloc((size_t)n, sizeof(uint32_t));
    if (!slots) return 0;
    const uint64_t *hashes = (const uint64_t *)r->hashes.at;
    for (int64_t s = 0; s < r->strings; s++) {
        int64_t at = (int64_t)(hashes[s] & (uint64_t)(n - 1));
        while (slots[at]) at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)s + 1;
    }
    free(r->slots);
    r->slots = slots;
    r->n_slots = n;
    return 1;
}

// The number of a string, or -1 where there is no memory.
static int32_t pp_xml_string(pp_xml_reader *r, const char *text, int64_t n) {
    if (2 * (r->strings + 1) > r->n_slots && !pp_xml_rehash(r)) return -1;
    const uint64_t h = pp_xml_hash(r->seed, text, n);
    int64_t at = (int64_t)(h & (uint64_t)(r->n_slots - 1));
    for (; r->slots[at]; at = (at + 1) & (r->n_slots - 1)) {
        const int64_t s = r->slots[at] - 1;
        const int64_t *starts = (const int64_t *)r->starts.at;
        if (((const uint64_t *)r->hashes.at)[s] == h && starts[s + 1] - starts[s] == n &&
            (n == 0 || memcmp(r->buffer.at + starts[s], text, (size_t)n) == 0))
            return (int32_t)s;
    }
    if (r->strings >= INT32_MAX - 1 || !pp_xml_grow(&r->buffer, n + 1) || !pp_xml_grow(&r->starts, 8) ||
        !pp_xml_grow(&r->hashes, 8))
        return -1;
    if (n) memcpy(r->buffer.at + r->buffer.size, text, (size_t)n);
    r->buffer.size += n;
    memcpy(r->starts.at + r->starts.size, &r->buffer.size, 8);
    r->starts.size += 8;
    memcpy(r->hashes.at + r->hashes.size, &h, 8);
    r->hashes.size += 8;
    r->slots[at] = (uint32_t)r->strings + 1;
    return (int32_t)r->strings++;
}

static void pp_xml_stop(pp_xml_reader *r, int32_t state) {
    r->state = state;
    r->line = (int64_t)r->expat->line(r->parser);
}

// An element and its attributes into the columns; 0 where there is no memory.
static int pp_xml_add_element(pp_xml_reader *r, const char *tag, const char **attributes) {
    const int32_t own = (int32_t)r->tags.size;
    const int32_t parent = r->open.size ? r->open.at[r->open.size - 1] : -1;
    const int32_t number = pp_xml_string(r, tag, (int64_t)strlen(tag));
    if (number < 0 || !pp_xml_put(&r->tags, number) || !pp_xml_put(&r->parents, parent) ||
        !pp_xml_put(&r->lines, (int32_t)r->expat->line(r->parser)) || !pp_xml_put(&r->ends, 0) ||
        !pp_xml_put(&r->texts, 0) || !pp_xml_put(&r->firsts, (int32_t)r->names.size) ||
        !pp_xml_put(&r->open, own))
        return 0;
    for (; *attributes; attributes += 2) {
        const int32_t name = pp_xml_string(r, attributes[0], (int64_t)strlen(attributes[0]));
        const int32_t value = pp_xml_string(r, attributes[1], (int64_t)strlen(attributes[1]));
        if (name < 0 || value < 0 || r->names.size == INT32_MAX || !pp_xml_put(&r->names, name) ||
            !pp_xml_put(&r->values, value))
            return 0;
    }
    if (r->open.size > r->n_pieces) {
        const int64_t n = r->n_pieces ? r->n_pieces * 2 : 64;
        pp_xml_bytes *pieces = realloc(r->pieces, (size_t)n * sizeof(pp_xml_bytes));
        if (!pieces) return 0;
        memset(pieces + r->n_pieces, 0, (size_t)(n - r->n_pieces) * sizeof(pp_xml_bytes));
        r->pieces = pieces;
        r->n_pieces = n;
    }
    r->pieces[r->open.size - 1].size = 0;
    return 1;
}

static int pp_xml_same(const pp_xml_reader *r, int64_t string, const char *text, int64_t n) {
    const int64_t *starts = (const int64_t *)r->starts.at;
    return starts[string + 1] - starts[string] >= n &&
           memcmp(r->buffer.at + starts[string], text, (size_t)n) == 0;
}

// Whether an element is of another namespace than the root, and not where any may be.
static int pp_xml_is_foreign(const pp_xml_reader *r, const char *name, int64_t namespace) {
    if (!namespace || r->extension || r->depth == 1) return 0;
    // The root's name begins with the same namespace and the space behind it.
    if (pp_xml_same(r, r->root, name, namespace + 1)) return 0;
    const int32_t parent = r->tags.at[r->open.at[r->open.size - 1]];
    const int64_t *starts = (const int64_t *)r->starts.at;
    return starts[parent + 1] - starts[parent] != 3 || !pp_xml_same(r, parent, "row", 3);
}

static void pp_xml_on_start(void *data, const char *name, const char **attributes) {
    pp_xml_reader *r = data;
    if (r->state) return;
    r->seen++;
    r->depth++;
    if (r->depth > r->max_depth) {
        pp_xml_stop(r, PP_XML_DEPTH);
        return;
    }
    if (r->seen > r->max_elements) {
        pp_xml_stop(r, PP_XML_ELEMENTS);
        return;
    }
    if (r->skipping) {
        r->skipping++;
        return;
    }
    if (r->depth == 1) r->root = pp_xml_string(r, name, (int64_t)strlen(name));
    if (r->root < 0) {
        pp_xml_stop(r, PP_XML_MEMORY);
        return;
    }
    const char *space = strrchr(name, ' ');  // after the namespace
    const char *tag = space ? space + 1 : name;
    if (pp_xml_is_foreign(r, name, space ? space - name : 0)) tag = name;
    if (!r->extension && strcmp(tag, "Extension") == 0) r->extension = r->depth;
    if (r->skip[0] && strcmp(tag, r->skip) == 0) r->skipping = 1;
    else if (!pp_xml_add_element(r, tag, attributes)) pp_xml_stop(r, PP_XML_MEMORY);
}

static void pp_xml_on_end(void *data, const char *name) {
    pp_xml_reader *r = data;
    (void)name;
    if (r->state) return;
    if (r->extension == r->depth) r->extension = 0;
    r->depth--;
    if (r->skipping) {
        r->skipping--;
        return;
    }
    const pp_xml_bytes *pieces = r->pieces + r->open.size - 1;
    const int32_t own = r->open.at[--r->open.size];
    const int32_t text = pp_xml_string(r, pieces->at, pieces->size);
    if (text < 0) pp_xml_stop(r, PP_XML_MEMORY);
    r->texts.at[own] = text;
    r->ends.at[own] = (int32_t)r->tags.size;
}

static void pp_xml_on_text(void *data, const char *text, int n) {
    pp_xml_reader *r = data;
    if (r->state || r->skipping || !r->open.size) return;
    pp_xml_bytes *pieces = r->pieces + r->open.size - 1;
    if (!pp_xml_grow(pieces, n)) {
        pp_xml_stop(r, PP_XML_MEMORY);
        return;
    }
    memcpy(pieces->at + pieces->size, text, (size_t)n);
    pieces->size += n;
}

static void pp_xml_on_doctype(void *data, const char *name, const char *system, const char *public,
                          int internal) {
    pp_xml_reader *r = data;
    (void)name, (void)system, (void)public, (void)internal;
    if (!r->state) pp_xml_stop(r, PP_XML_DTD);
}

// Whether the functions are those that this file knows.
int32_t pp_read_knows(const pp_xml_expat *expat) {
    return expat && expat->magic && strcmp(expat->magic, "pyexpat.expat_CAPI 1.1") == 0 &&
           expat->size >= (int)sizeof(pp_xml_expat) && expat->major == 2 && expat->error_code &&
           expat->column && expat->line && expat->parse && expat->create && expat->free_parser &&
           expat->set_text && expat->set_element && expat->set_encoding_handler &&
           expat->set_user_data && expat->set_doctype && expat->encoding_handler;
}

void pp_read_close(pp_xml_reader *r) {
    if (!r) return;
    if (r->parser) r->expat->free_parser(r->parser);
    pp_xml_column *columns[] = {&r->tags,   &r->parents, &r->lines,  &r->ends, &r->texts,
                            &r->firsts, &r->names,   &r->values, &r->open};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) free(columns[i]->at);
    for (int64_t i = 0; i < r->n_pieces; i++) free(r->pieces[i].at);
    free(r->pieces);
    free(r->buffer.at);
    free(r->starts.at);
    free(r->hashes.at);
    free(r->slots);
    free(r);
}

// A reader, or 0 where there is no memory. `skip` is a tag or empty; `seed` a random number.
pp_xml_reader *pp_read_open(const pp_xml_expat *expat, int64_t max_depth, int64_t max_elements,
                        const char *skip, uint64_t seed) {
    pp_xml_reader *r = calloc(1, sizeof(pp_xml_reader));
    if (!r) return 0;
    r->expat = expat;
    r->max_depth = max_depth;
    r->max_elements = max_elements < INT32_MAX ? max_elements : INT32_MAX - 1;
    r->seed = seed;
    r->root = -1;
    strncpy(r->skip, skip, sizeof(r->skip) - 1);
    const int64_t zero = 0;
    r->parser = expat->create(0, 0, " ");
    if (!r->parser || !pp_xml_grow(&r->starts, 8)) {
        pp_read_close(r);
        return 0;
    }
    memcpy(r->starts.at, &zero, 8);
    r->starts.size = 8;
    expat->set_user_data(r->parser, r);
    expat->set_element(r->parser, pp_xml_on_start, pp_xml_on_end);
    expat->set_text(r->parser, pp_xml_on_text);
    expat->set_doctype(r->parser, pp_xml_on_doctype);
    expat->set_encoding_handler(r->parser, expat->encoding_handler, 0);
    return r;
}

// The next bytes of the document. Returns what is wrong, or 0.
int32_t pp_read_feed(pp_xml_reader *r, const char *data, int32_t n, int32_t last) {
    if (!r->state && !r->expat->parse(r->parser, data, n, last) && !r->state) {
        r->code = r->expat->error_code(r->parser);
        r->wrong_column = (int64_t)r->expat->column(r->parser);
        pp_xml_stop(r, PP_XML_MALFORMED);
    }
    if (!r->state && last && !pp_xml_put(&r->firsts, (int32_t)r->names.size))
        r->state = PP_XML_MEMORY;
    return r->state;
}

void pp_read_table(const pp_xml_reader *r, pp_xml_table *t) {
    *t = (pp_xml_table){
        .elements = r->tags.size,
        .attributes = r->names.size,
        .strings = r->strings,
        .bytes = r->buffer.size,
        .tags = r->tags.at,
        .parents = r->parents.at,
        .lines = r->lines.at,
        .ends = r->ends.at,
        .texts = r->texts.at,
        .firsts = r->firsts.at,
        .names = r->names.at,
        .values = r->values.at,
        .starts = (const int64_t *)r->starts.at,
        .buffer = r->buffer.at,
        .root = r->root,
        .line = r->line,
        .column = r->wrong_column,
        .code = r->code,
    };
}
