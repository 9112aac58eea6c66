/* Places: the longest name of a division that stands somewhere, and which one of that name is meant. */
#include "text_priv.h"

#include <string.h>

enum { NAME_BYTES_MIN = 6, NAME_BYTES_MAX_DIVISION = 48 };

/* Compare the name of a row with @len bytes of @s, as strcmp() would. */
static int compare(const struct division *d, const char *s, size_t len)
{
	size_t n = strlen(d->name);
	int r = memcmp(d->name, s, n < len ? n : len);

	return r ? r : n < len ? -1 : n > len;
}

/* The first row that is not less than @s. */
static size_t lower_bound(const char *s, size_t len)
{
	size_t low = 0, high = n_divisions;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&divisions[middle], s, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t division_find(const char *s, size_t len, const struct division **ret_first)
{
	size_t at = lower_bound(s, len), n = 0;

	while (at + n < n_divisions && compare(&divisions[at + n], s, len) == 0)
		n++;
	*ret_first = &divisions[at < n_divisions ? at : 0];
	return n;
}

/* The rows whose name is the longest that begins at @s. Returns their number. */
static size_t longest(const char *s, size_t len, const struct division **ret_first)
{
	size_t n, bytes;

	for (bytes = len < NAME_BYTES_MAX_DIVISION ? len / 3 * 3 : NAME_BYTES_MAX_DIVISION;
		bytes >= NAME_BYTES_MIN; bytes -= 3) {
		n = division_find(s, bytes, ret_first);
		if (n > 0)
			return n;
	}
	return 0;
}

static const struct place_row *find_alias(const struct rules *rules, const char *s, size_t len)
{
	const struct place_row *best = NULL;
	size_t i;

	for (i = 0; i < rules->n_places; i++) {
		const struct place_row *row = &rules->places[i];
		size_t n = strlen(row->name);

		if (n <= len && memcmp(row->name, s, n) == 0 && (!best || n > strlen(best->name)))
			best = row;
	}
	return best;
}

/* The bit of the two characters that a name begins with. */
static unsigned bit_of(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return ((u[1] & 63u) * 64u + (u[2] & 63u) + (u[0] & 15u) * 4096u +
		       ((u[4] & 63u) * 64u + (u[5] & 63u) + (u[3] & 15u) * 4096u) * 40503u) %
	       65536u;
}

static void set_bit(unsigned char *bits, const char *s)
{
	bits[bit_of(s) / 8] |= (unsigned char)(1u << bit_of(s) % 8);
}

static bool has_bit(const unsigned char *bits, const char *s)
{
	return bits[bit_of(s) / 8] & (1u << bit_of(s) % 8);
}

bool division_is_province(const struct division *d)
{
	return d->code % 10000 == 0;
}

bool division_is_prefecture(const struct division *d)
{
	return d->code % 100 == 0 && d->code % 10000 != 0;
}

static bool same(const char *name, const char *s, size_t len)
{
	return strlen(name) == len && memcmp(name, s, len) == 0;
}

/* Does @d lie in the division called @len bytes of @above? */
static bool lies_in(const struct division *d, const char *above, size_t len)
{
	return same(d->parent, above, len) || same(d->province, above, len);
}

/* 合作市民, 资源县域: the name's last character belongs to the next word. */
static bool is_part_of_word(const char *behind, size_t len)
{
	static const char *const parts[] = { "民学", "民文", "民素", "民终", "民教", "场", "容",
		"域" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(parts); i++)
		if (len >= strlen(parts[i]) && memcmp(behind, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

/* Step to the name behind the one that @p holds, when it lies in that: 南通市 → 通州区. */
static bool step_down(struct place *p, const char *s, size_t len)
{
	const struct division *first;
	size_t i, n = longest(s + p->len, len - p->len, &first);
	const char *above = p->name;

	for (i = 0; i < n; i++) {
		if (!lies_in(&first[i], above, p->name_len))
			continue;
		p->name = s + p->len;
		p->name_len = strlen(first->name);
		p->len += p->name_len;
		p->division = &first[i];
		p->certain = true;
		return true;
	}
	return false;
}

void places_note_beginnings(struct rules *rules)
{
	size_t i;

	for (i = 0; i < n_divisions; i++)
		set_bit(rules->place_beginnings, divisions[i].name);
	for (i = 0; i < rules->n_places; i++)
		set_bit(rules->place_beginnings, rules->places[i].name);
}

bool place_parse(const struct rules *rules, const char *s, size_t len, struct place *ret)
{
	const struct place_row *alias;
	const struct division *first;
	struct place p = { .name = s };
	size_t n;

	if (len < NAME_BYTES_MIN || !has_bit(rules->place_beginnings, s))
		return false;
	alias = find_alias(rules, s, len);
	n = longest(s, len, &first);

	if (n > 0 && (!alias || strlen(alias->name) <= strlen(first->name))) {
		p.len = p.name_len = strlen(first->name);
		p.division = first;
		p.certain = !first->shared;
	} else if (alias) {
		p.len = p.name_len = strlen(alias->name);
		p.division = alias->division;
		p.certain = true;
		p.alias = alias->name;
	} else {
		return false;
	}
	while (step_down(&p, s, len))
		p.alias = NULL;
	if (is_part_of_word(s + p.len, len - p.len))
		return false;
	*ret = p;
	return true;
}

/* Is what stands before the name its parent without the last character: 南通 before 通州区? */
static bool stands_before(const char *begin, const char *at, const char *parent)
{
	size_t n = strlen(parent);

	return n > 6 && (size_t)(at - begin) >= n - 3 && memcmp(at - (n - 3), parent, n - 3) == 0;
}

bool place_follows_parent(const struct place *p, const char *begin)
{
	return stands_before(begin, p->name, p->division->parent) ||
	       stands_before(begin, p->name, p->division->province);
}

void place_look_back(struct place *p, const char *begin)
{
	const struct division *first;
	size_t i, n = division_find(p->name, p->name_len, &first);

	for (i = 0; i < n && !p->certain; i++) {
		if (!stands_before(begin, p->name, first[i].parent))
			continue;
		p->division = &first[i];
		p->certain = true;
	}
}

int place_name(const struct place *p, struct buf *ret)
{
	static const char *const ends[] = { "县", "旗", "市", "区", "州" };
	const struct division *d = p->division;
	size_t i;
	int r = 0;

	for (i = 0; p->alias && i < ARRAY_LEN(ends); i++)
		if (text_ends_with(p->alias, strlen(p->alias), ends[i]))
			return buf_add_str(ret, p->alias);
	if (d->shared)
		r = buf_add_str(ret, d->parent);
	return r < 0 ? r : buf_add_str(ret, d->name);
}
