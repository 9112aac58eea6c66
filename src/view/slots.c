/*
 * Moments that were looked up. Each gets a slot, which is part of the numbers of all that is in its tree: so the tree
 * is the same as long as somebody looks at it, whatever "now" means meanwhile, and no directory has two
 * names. A name means one slot until it means another revision. The slots and the names are in memory that
 * outlives the daemon (planfs/view.h); its lock is that of the process, because one daemon serves a mount at a time.
 *
 * When all slots were given out, the oldest that no name means is given out again, with another generation. Whoever has
 * stood in it since, while a quarter of a million other moments were looked up, sees the new one then.
 */
#include "view_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { WAYS = 4 /* places for a name */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct view_moment *set_of(struct view_slots *s, enum view_family family, const char *name)
{
	uint32_t hash = 2166136261U + (uint32_t)family;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return &s->moments[hash % (VIEW_MOMENTS / WAYS) * WAYS];
}

/* With the lock held: where @name stands, or NULL. */
static struct view_moment *find_name(
	struct view_slots *s, enum view_family family, const char *name)
{
	struct view_moment *set = set_of(s, family, name);
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].slot && set[i].family == family && strcmp(set[i].name, name) == 0) {
			set[i].used = ++s->uses;
			return &set[i];
		}
	}
	return NULL;
}

/* With the lock held. */
static uint32_t take_slot(struct view_slots *s, int64_t rev)
{
	struct view_slot *slot;

	do {
		s->last = s->last % (VIEW_SLOTS - 1) + 1;
		slot = &s->slots[s->last];
	} while (slot->named); /* there are far fewer names than slots */
	slot->rev = rev;
	slot->generation++;
	return s->last;
}

/* With the lock held: have @name mean @slot, and what was used longest ago nothing any more. */
static void set_name(struct view_slots *s, enum view_family family, const char *name, uint32_t slot)
{
	struct view_moment *set = set_of(s, family, name), *to = find_name(s, family, name);
	unsigned i;

	for (i = 0; i < WAYS && !to; i++)
		if (set[i].slot == 0)
			to = &set[i];
	if (!to) {
		to = set;
		for (i = 1; i < WAYS; i++)
			if ((int32_t)(set[i].used - to->used) < 0)
				to = &set[i];
	}
	if (to->slot)
		s->slots[to->slot].named = false;
	__atomic_store_n(&to->slot, 0, __ATOMIC_RELEASE);
	to->family = (uint8_t)family;
	to->used = ++s->uses;
	snprintf(to->name, sizeof(to->name), "%s", name);
	s->slots[slot].family = (uint8_t)family;
	s->slots[slot].named = true;
	__atomic_store_n(&to->slot, slot, __ATOMIC_RELEASE);
}

/* What a name means already for ever. Returns 0: nothing. */
static uint32_t find_fixed(struct view_slots *s, enum view_family family, const char *name)
{
	struct view_moment *m;
	uint32_t slot;

	pthread_mutex_lock(&lock);
	m = find_name(s, family, name);
	slot = m && s->slots[m->slot].fixed ? m->slot : 0;
	pthread_mutex_unlock(&lock);
	return slot;
}

int slot_find(
	const struct view_source *v, enum view_family family, const char *name, uint32_t *ret_slot)
{
	struct view_slots *s = v->slots;
	struct view_moment *m;
	int64_t rev = 0;
	uint32_t slot;
	bool fixed;
	int r;

	if (!s || strlen(name) > NAME_BYTES_MAX)
		return -ENOENT;
	slot = find_fixed(s, family, name);
	if (slot) {
		*ret_slot = slot;
		return 0;
	}
	r = moment_find(v->store, name, store_now(), &rev, &fixed);
	if (r < 0)
		return r;
	pthread_mutex_lock(&lock);
	m = find_name(s, family, name);
	if (m && s->slots[m->slot].rev == rev) {
		slot = m->slot;
	} else {
		slot = take_slot(s, rev);
		set_name(s, family, name, slot);
	}
	s->slots[slot].fixed = fixed;
	pthread_mutex_unlock(&lock);
	*ret_slot = slot;
	return 0;
}

int slot_get(const struct view_source *v, uint32_t slot, struct view_slot *ret_slot)
{
	struct view_slot found = { 0 };

	if (v->slots && slot < VIEW_SLOTS) {
		pthread_mutex_lock(&lock);
		found = v->slots->slots[slot];
		pthread_mutex_unlock(&lock);
	}
	if (found.generation == 0)
		return -ENOENT;
	*ret_slot = found;
	return 0;
}
