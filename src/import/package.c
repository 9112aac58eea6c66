/* Zip files from memory, read piece by piece and within limits. */
#include "import_priv.h"
#include "zip_lib_priv.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PIECE_BYTES = 64 * 1024,
	MEMBER_BYTES_MAX = 32 * 1024 * 1024 /* of the XML of a document; the longest have 10 MB */
};

struct package {
	const struct zip_lib *lib;
	zip_t *zip; /* owned */
};

void package_close(struct package *p)
{
	if (!p)
		return;
	if (p->zip)
		p->lib->discard(p->zip);
	free(p);
}

int package_open(const char *data, size_t len, struct package **ret)
{
	CLEANUP(package_closep) struct package *p = calloc(1, sizeof(*p));
	zip_source_t *source;
	zip_error_t error;
	int r;

	if (!p)
		return -ENOMEM;
	r = zip_lib_get(&p->lib);
	if (r < 0)
		return r;
	p->lib->error_init(&error);
	source = p->lib->source_buffer_create(data, len, 0, &error);
	if (!source)
		return -ENOMEM;
	p->zip = p->lib->open_from_source(source, ZIP_RDONLY, &error);
	if (!p->zip)
		p->lib->source_free(source);
	p->lib->error_fini(&error);
	if (!p->zip)
		return -EBADMSG;
	*ret = p;
	p = NULL;
	return 0;
}

static int read_pieces(struct package *p, zip_file_t *file, package_fn *fn, void *arg)
{
	char piece[PIECE_BYTES];
	size_t all = 0;
	zip_int64_t n;
	int r = 0;

	do {
		n = p->lib->fread(file, piece, sizeof(piece));
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

	if (p->lib->stat(p->zip, name, 0, &st) != 0)
		return -ENOENT;
	if ((st.valid & ZIP_STAT_SIZE) && st.size > MEMBER_BYTES_MAX)
		return -EFBIG;
	file = p->lib->fopen(p->zip, name, 0);
	if (!file)
		return -EBADMSG;
	r = read_pieces(p, file, fn, arg);
	p->lib->fclose(file);
	return r;
}
