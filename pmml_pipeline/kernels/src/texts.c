// Which texts of a column are the same?
//
// The texts of a column lie one behind the other in `data`, text i from offsets[i] to offsets[i + 1],
// as in Arrow. A table of slots knows those that were met. A slot has a text's length, its first
// eight bytes and a word for the rest of it, which for up to 16 bytes are its last eight: those say
// whether two texts are the same, and only of longer ones are the bytes compared.
//
//   slot    looked for from the hash of the three on, one behind the other, until it is the text's
//           or is free; the table doubles when half of it is taken
//   place   how many different texts were met before this one

#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// Texts made to meet in one place would make a table of n texts cost n * n steps; after so many
// steps for one text the caller goes another way.
#define PP_STEPS 256

typedef struct {
    uint64_t head, rest;
    int64_t length;
    int64_t place;  // -1: free
} pp_slot;

typedef struct {
    pp_slot *slots;
    int64_t size;  // a power of two
    int64_t taken;
} pp_slots;

static PP_INLINE uint64_t pp_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static PP_INLINE int64_t pp_slot_of(uint64_t head, uint64_t rest, int64_t length, int64_t size) {
    const uint64_t k = 0x9E3779B97F4A7C15u;
    uint64_t hash = (head ^ (uint64_t)length) * k;
    hash = (hash ^ (hash >> 32) ^ rest) * k;
    return (int64_t)((hash ^ (hash >> 32)) & (uint64_t)(size - 1));
}

static int pp_slots_make(pp_slots *t, int64_t size) {
    *t = (pp_slots){malloc((size_t)size * sizeof(pp_slot)), size, 0};
    if (!t->slots) return 0;
    for (int64_t i = 0; i < size; i++) t->slots[i].place = -1;
    return 1;
}

static int pp_slots_double(pp_slots *t) {
    pp_slots larger;
    if (!pp_slots_make(&larger, 2 * t->size)) return 0;
    for (int64_t i = 0; i < t->size; i++) {
        const pp_slot *old = t->slots + i;
        if (old->place < 0) continue;
        int64_t at = pp_slot_of(old->head, old->rest, old->length, larger.size);
        while (larger.slots[at].place >= 0) at = (at + 1) & (larger.size - 1);
        larger.slots[at] = *old;
    }
    larger.taken = t->taken;
    free(t->slots);
    *t = larger;
    return 1;
}

// Puts the place of every row's text into `places`, -1 where there is none, and the first row of
// every place into `firsts`, which has room for all rows. Bit `bit` + i of `valid` says whether row
// i has a text; all have where it is 0.
// Returns how many different texts there are; -1 where there is no memory for them, or they were
// made to be slow.
int64_t pp_texts(const uint8_t *data, const int64_t *offsets, const uint8_t *valid, int64_t bit,
                 int64_t rows, int64_t *places, int64_t *firsts) {
    pp_slots t;
    if (!pp_slots_make(&t, 1024)) return -1;
    const int64_t end = offsets[rows];
    for (int64_t i = 0; i < rows; i++) {
        if (valid && !(valid[(bit + i) >> 3] >> ((bit + i) & 7) & 1)) {
            places[i] = -1;
            continue;
        }
        const uint8_t *text = data + offsets[i];
        const int64_t length = offsets[i + 1] - offsets[i];
        uint64_t head = 0, rest = 0;
        if (offsets[i] + 8 <= end) {  // whatever its length, so that there is nothing to guess
            const uint64_t unused = length < 8 ? 64 - 8 * (uint64_t)length : 0;
            head = unused < 64 ? pp_word(text) << unused >> unused : 0;
        } else {
            memcpy(&head, text, (size_t)length);
        }
        if (length > 8) rest = pp_word(text + length - 8);
        for (int64_t k = 8; k < length - 8; k += 8)
            rest = (rest ^ (rest >> 29) ^ pp_word(text + k)) * 0xBF58476D1CE4E5B9u;
        int64_t at = pp_slot_of(head, rest, length, t.size);
        for (int32_t steps = 0;; at = (at + 1) & (t.size - 1)) {
            const pp_slot *s = t.slots + at;
            if (s->place < 0) break;
            if (s->head == head && s->rest == rest && s->length == length &&
                (length <= 16 || !memcmp(data + offsets[firsts[s->place]], text, (size_t)length)))
                break;
            if (++steps == PP_STEPS) goto failed;
        }
        if (t.slots[at].place < 0) {
            firsts[t.taken] = i;
            t.slots[at] = (pp_slot){head, rest, length, t.taken++};
            places[i] = t.slots[at].place;
            if (2 * t.taken > t.size && !pp_slots_double(&t)) goto failed;
        } else {
            places[i] = t.slots[at].place;
        }
    }
    free(t.slots);
    return t.taken;
failed:
    free(t.slots);
    return -1;
}
