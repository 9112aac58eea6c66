/*
 * Which files a search has to look at, and in which order: those that the index names (planfs/search.h), where they stand, whether
 * their year, district, plan and name are wanted, and their texts. What is done with a text is the caller's.
 */
#pragma once

#include "planfs/match.h"
#include "planfs/store.h"

enum {
	GREP_YEAR_MAX = 9999,
};

/* Years, both ends included. */
struct grep_years {
	int from, to;
};

/*
 * A name fits when one of the words does: one with *, ? or [ in it is a glob for all of the name; "=NAME" is that name; any other is
 * a part of it.
 */
struct grep_words {
	const char *const *words; /* borrowed */
	size_t n;                 /* 0: any name fits */
};

enum grep_order {
	GREP_NEWEST, /* the newest year first, 未知年份 and what is no year behind them; then as GREP_PATH */
	GREP_PATH, /* by the names, in byte order; the files of a directory before the directories in it */
};

/* What to search. All of it is borrowed. */
struct grep_query {
	const struct match_terms
		*any; /* match_needs(): a file whose text does not have these cannot match */
	size_t n_any;
	bool all;         /* tell also of files that cannot match */
	const char *path; /* only what is this, or below it: "2016/合肥市"; "": everything */
	const struct grep_years *years;
	size_t n_years; /* 0, and not unknown_year: any, or none */
	bool unknown_year;
	struct grep_words districts, plans;
	struct grep_words sections; /* names of files that stand in a plan */
	enum grep_order order;
};

/* A name of a regular file. All of it is valid during the call of grep_file_fn. */
struct grep_file {
	const char *path;                   /* from the root, without a leading slash */
	const char *name;                   /* the end of @path */
	const char *year, *district, *plan; /* that it stands in, NULL: in none */
	int64_t inode;                      /* 0: not known */
	bool may_match;
	int error; /* 0, or why its text could not be read: -Exxx */
};

/* @data is NULL when there is an error, or when the file cannot match. A result other than 0 ends the search. It may call the store. */
typedef int grep_file_fn(void *arg, const struct grep_file *file, const char *data, size_t len);

/*
 * Call @fn for the files of @s. The list is that of one moment; the texts are read behind it, some at a time, so that a reader
 * who takes his time keeps nobody from reusing the log of the database. Returns 0, the result of @fn, -ENOENT when there is no
 * query->path, or -ENOTDIR.
 */
int grep_store(
	struct store *s, const struct grep_query *query, grep_file_fn *fn, void *arg) MUST_CHECK;

/* Receives a name in a directory; a result other than 0 ends the listing. */
typedef int grep_entry_fn(void *arg, const char *name, uint32_t mode);

/* A tree that is not in a database. Paths are from its root. */
struct grep_source {
	/* Returns 0, the result of @fn, or -errno; -ENOTDIR when @path is a regular file. */
	int (*list)(void *arg, const char *path, grep_entry_fn *fn, void *fn_arg);
	int (*read)(void *arg, const char *path, struct buf *ret_text); /* returns 0 or -errno */
	void *arg;
};

/* The same for a tree that has no index. A directory that cannot be listed is told as a file with an error. */
int grep_source(const struct grep_source *source, const struct grep_query *query, grep_file_fn *fn,
	void *arg) MUST_CHECK;

/* Read "2014..2020", "2014", "2014..", "..2020". Returns 0 and *ret_years, or -EINVAL. */
int grep_years_parse(const char *s, struct grep_years *ret_years) MUST_CHECK;
