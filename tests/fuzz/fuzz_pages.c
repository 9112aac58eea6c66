/*
 * The page walker of recover: any bytes as a database and as its log. It ends, and what it hands out lies within
 * what was read.
 */
#include "fuzz.h"

#include "planfs/pages.h"

#include <errno.h>
#include <string.h>

static uint64_t sum;

static int look_at_row(void *arg, const struct pages_row *row)
{
	uint64_t *rows = arg;
	unsigned i;
	size_t k;

	MUST(row->n > 0 && row->n <= PAGES_COLUMNS_MAX);
	for (i = 0; i < row->n; i++)
		if (row->values[i].type == PAGES_TEXT || row->values[i].type == PAGES_BLOB)
			for (k = 0; k < row->values[i].len; k += 64)
				sum += (unsigned char)row->values[i].data[k];
	++*rows;
	return 0;
}

/* The first two bytes say how much of the rest is the log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(pages_closep) struct pages *p = NULL;
	char path[128], log[140];
	uint64_t rows = 0;
	size_t log_len;
	int r;

	if (len < 3)
		return 0;
	snprintf(path, sizeof(path), "%s", fuzz_path("pages.db"));
	snprintf(log, sizeof(log), "%s-wal", path);
	log_len = ((size_t)data[0] << 8 | data[1]) * 2;
	if (log_len > len - 2)
		log_len = len - 2;
	fuzz_write(path, data + 2, len - 2 - log_len);
	fuzz_write(log, data + len - log_len, log_len);
	r = pages_open(path, &p);
	MUST(r == 0 || r == -EMEDIUMTYPE);
	if (r == 0)
		MUST(pages_each(p, look_at_row, &rows) == 0);
	return 0;
}
