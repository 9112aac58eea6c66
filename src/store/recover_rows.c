/* Which table a row is of: by the name that the schema gives it, or, without one, by its shape. */
#include "pages_priv.h"

#include <string.h>

/* 'i' integer, 't' text, 'b' blob, '0' NULL; upper case: or NULL; 'h': a hash or NULL. */
static bool value_fits(const struct pages_value *v, char type)
{
	switch (type) {
	case 'i':
		return v->type == PAGES_INTEGER;
	case 'I':
		return v->type == PAGES_INTEGER || v->type == PAGES_NULL;
	case 't':
		return v->type == PAGES_TEXT;
	case 'T':
		return v->type == PAGES_TEXT || v->type == PAGES_NULL;
	case 'b':
		return v->type == PAGES_BLOB;
	case 'h':
		return v->type == PAGES_NULL || (v->type == PAGES_BLOB && v->len == 16);
	default:
		return v->type == PAGES_NULL;
	}
}

/* Does @row begin with these columns? Later steps of the schema add columns at the end. */
static bool row_fits(const struct pages_row *row, bool has_rowid, const char *types, unsigned more)
{
	unsigned i, n = (unsigned)strlen(types);

	if (row->has_rowid != has_rowid || row->n < n || row->n > n + more)
		return false;
	for (i = 0; i < n; i++)
		if (!value_fits(&row->values[i], types[i]))
			return false;
	return true;
}

static bool is_op(const struct pages_value *v)
{
	static const char *const ops[] = { "create", "save", "rename", "link", "attr", "remove" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(ops); i++)
		if (v->len == strlen(ops[i]) && memcmp(v->data, ops[i], v->len) == 0)
			return true;
	return false;
}

#define BODY       "0hb"
#define INODE      "0iiiiiiiiiiIT"
#define REVISION   "0ittitiiiiiiIITI"
#define DENTRY     "iti"
#define NAME_INDEX "iit"
#define XATTR      "itb"
#define GONE       "0i"

/*
 * The index revision_name ends in the number of the row twice; so do names whose place is the number of their inode.
 */
static bool is_like_revision_name(const struct pages_row *row)
{
	return row->n == 4 && row->values[3].type == PAGES_INTEGER &&
	       row->values[2].integer == row->values[3].integer;
}

static enum row_kind kind_by_shape(const struct pages_row *row)
{
	if (row_fits(row, true, BODY, 0))
		return ROW_BODY;
	if (row_fits(row, true, INODE, 2))
		return ROW_INODE;
	if (row_fits(row, true, REVISION, 6) && is_op(&row->values[3]))
		return ROW_REVISION;
	if (row_fits(row, false, DENTRY, 1))
		return is_like_revision_name(row) ? ROW_MAYBE_DENTRY : ROW_DENTRY;
	return row_fits(row, false, XATTR, 0) ? ROW_XATTR : ROW_NONE;
}

enum row_kind row_kind(const struct pages_row *row)
{
	static const struct {
		const char *name;
		bool has_rowid;
		const char *types;
		enum row_kind kind;
	} tables[] = {
		{ "body", true, BODY, ROW_BODY },
		{ "inode", true, INODE, ROW_INODE },
		{ "revision", true, REVISION, ROW_REVISION },
		{ "dentry", false, DENTRY, ROW_DENTRY },
		{ "dentry_inode", false, NAME_INDEX, ROW_NAME_INDEX },
		{ "xattr", false, XATTR, ROW_XATTR },
		{ "search_gone", true, GONE, ROW_GONE },
	};
	size_t i;

	if (!row->name)
		return kind_by_shape(row);
	for (i = 0; i < ARRAY_LEN(tables); i++)
		if (strcmp(row->name, tables[i].name) == 0)
			return row_fits(row, tables[i].has_rowid, tables[i].types, 8)
				       ? tables[i].kind
				       : ROW_NONE;
	return ROW_NONE;
}
