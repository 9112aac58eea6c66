/* Zip files from memory, read piece by piece and within limits. */
#include "import_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <zip.h>

enum {
	PIECE_BYTES = 64 * 1024,
	MEMBER_BYTES_MAX = 32 * 1024 * 1024 /* of the XML of a document; the longest have 10 MB */
};

struct package {
	zip_t *zip; /* owned */
};

void package_close(struct package *p)
{
	if (!p)
		return;
	if (p->zip)
		zip_discard(p->zip);
	free(p);
}

int package_open(const char *data, size_t len, struct package **ret)
{
	CLEANUP(package_closep) struct package *p = calloc(1, sizeof(*p));
	zip_source_t *source;
	zip_error_t error;

	if (!p)
		return -ENOMEM;
	zip_error_init(&error);
	source = zip_source_buffer_create(data, len, 0, &error);
	if (!source)
		return -ENOMEM;
	p->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (!p->zip)
		zip_source_free(source);
	zip_error_fini(&error);
	if (!p->zip)
		return -EBADMSG;
	*ret = p;
	p = NULL;
	return 0;
}

static int read_pieces(zip_file_t *file, package_fn *fn, void *arg)
{
	char piece[PIECE_BYTES];
	size_t all = 0;
	zip_int64_t n;
	int r = 0;

	do {
		n = zip_fread(file, piece, sizeof(piece));
		if (n < 0)
			return -EBADMSG;
		all += (size_t)n;
		if (all > MEMBER_BYTES_MAX)
			return -EFBIG;
		r = fn(arg, piece, (size_t)n, n == 0);
	} while (r == 0 && n > 0);
	return r;
}

int package_read(struct package *p, const char *name, package_fn *fn, void *arg)
{
	zip_file_t *file;
	zip_stat_t st;
	int r;

	if (zip_stat(p->zip, name, 0, &st) != 0)
		return -ENOENT;
	if ((st.valid & ZIP_STAT_SIZE) && st.size > MEMBER_BYTES_MAX)
		return -EFBIG;
	file = zip_fopen(p->zip, name, 0);
	if (!file)
		return -EBADMSG;
	r = read_pieces(file, fn, arg);
	zip_fclose(file);
	return r;
}
