/* From a file to the files of a tree; see planfs/import.h. */
#include "planfs/import.h"

#include "import_priv.h"
#include "planfs/name.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void plan_done(struct import_plan *plan)
{
	free(plan->files);
	free(plan->json);
	*plan = (struct import_plan){ 0 };
}

void import_done(struct import *import)
{
	size_t i;

	for (i = 0; i < import->n_plans; i++)
		plan_done(&import->plans[i]);
	free(import->plans);
	free(import->name);
	document_done(&import->doc);
	*import = (struct import){ 0 };
}

/* Tell the user why, and return @error. */
PRINTF_LIKE(3, 4)
static int fail(struct import_error *ret, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	return error;
}

/* ---- the file ---- */

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_all(int fd, size_t size, struct buf *ret_data)
{
	CLEANUP(buf_done) struct buf data = { 0 };
	size_t have = 0;
	ssize_t n = 1;
	int r;

	r = buf_resize(&data, size + 1); /* one more, to see a file that grows */
	if (r < 0)
		return r;
	while (n > 0 && have < data.len) {
		n = read(fd, data.data + have, data.len - have);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return -errno;
		else
			have += (size_t)n;
	}
	r = buf_resize(&data, have);
	if (r < 0)
		return r;

	*ret_data = buf_steal(&data);
	return 0;
}

static int read_file(const char *path, struct buf *ret_data, struct import_error *ret_error)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang */
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		return fail(ret_error, r, "%s: cannot be opened: %s", path, strerror(-r));
	}
	if (!S_ISREG(st.st_mode))
		return fail(ret_error, -EINVAL, "%s: not a regular file", path);
	if (st.st_size > IMPORT_BYTES_MAX)
		return fail(ret_error, -EFBIG, "%s: larger than %d MiB", path,
			IMPORT_BYTES_MAX / 1024 / 1024);
	r = read_all(fd, (size_t)st.st_size, ret_data);
	if (r < 0)
		return fail(ret_error, r, "%s: cannot be read: %s", path, strerror(-r));
	return 0;
}

/* ---- what is in it ---- */

/* File names need not be UTF-8; JSON must be. */
static int set_name(struct import *import, const char *name)
{
	CLEANUP(buf_done) struct buf legal = { 0 };
	int r = 0;

	if (utf8_is_valid(name, strlen(name), NULL))
		r = buf_add_str(&legal, name);
	else
		r = name_generate(name, strlen(name), NAME_BYTES_MAX, &legal);
	if (r < 0)
		return r;

	import->name = buf_steal(&legal).data;
	return 0;
}

static int list_files(
	struct import *import, struct import_plan *p, const struct import_options *options)
{
	const struct plan *plan = p->plan;
	size_t i;
	int r;

	r = plan_json_make(import, p, options, &p->json);
	if (r < 0)
		return r;
	p->files = calloc(plan->n_sections + 1, sizeof(*p->files));
	if (!p->files)
		return -ENOMEM;
	for (i = 0; i < plan->n_sections; i++)
		p->files[i] = (struct import_file){ plan->sections[i].name,
			plan->sections[i].text.data, plan->sections[i].text.len };
	p->files[i] = (struct import_file){ NAME_METADATA, p->json, strlen(p->json) };
	p->n_files = i + 1;
	return 0;
}

static int list_plans(struct import *import, const struct import_options *options)
{
	size_t i;
	int r;

	import->plans = calloc(import->doc.n_plans, sizeof(*import->plans));
	if (!import->plans)
		return -ENOMEM;
	import->n_plans = import->doc.n_plans;
	for (i = 0; i < import->n_plans; i++) {
		const struct plan *plan = &import->doc.plans[i];

		import->plans[i] = (struct import_plan){ .year = plan->year,
			.dir = plan->dir,
			.district = plan->district,
			.plan = plan };
	}
	r = hash_texts(import);
	for (i = 0; i < import->n_plans && r == 0; i++)
		r = list_files(import, &import->plans[i], options);
	return r;
}

static int read_office(const char *data, size_t len, struct lines *ret)
{
	CLEANUP(buf_done) struct buf docx = { 0 };
	int r = helper_office(data, len, &docx);

	return r < 0 ? r : docx_read(buf_str(&docx), docx.len, ret);
}

static int read_pdf(const char *data, size_t len, struct lines *ret)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = helper_pdf(data, len, &text);

	return r < 0 ? r : pdf_lines(buf_str(&text), text.len, ret);
}

/* What a user can do about it: the program that is not here, and its package. */
static const char *helper_of(const char *format)
{
	return strcmp(format, format_name(FORMAT_PDF)) == 0
		       ? "pdftotext, which is not here; install poppler-utils"
		       : "LibreOffice, which is not here; install libreoffice-writer-nogui";
}

/* From the bytes of a file to lines, by the reader for it. */
static int read_lines(struct import *import, const char *data, size_t len,
	const struct import_options *options, struct lines *ret)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	enum format format = format_find(data, len);
	int r;

	import->format = format_name(format);
	if (format == FORMAT_DOCX)
		return docx_read(data, len, ret);
	if (format == FORMAT_OFFICE)
		return read_office(data, len, ret);
	if (format == FORMAT_PDF)
		return read_pdf(data, len, ret);
	if (format != FORMAT_TEXT)
		return -ENOTSUP;
	if (options && options->encoding) {
		import->encoding = *options->encoding;
		r = encoding_decode_as(import->encoding, data, len, &text);
	} else {
		r = encoding_decode(data, len, &text, &import->encoding);
	}
	if (r < 0)
		return r;
	format = format_of_text(buf_str(&text), text.len);
	import->format = format_name(format);
	if (format == FORMAT_HTML)
		return html_read(buf_str(&text), text.len, ret);
	if (format == FORMAT_MARKDOWN)
		return markdown_read(buf_str(&text), text.len, ret);
	ret->text = buf_steal(&text);
	return 0;
}

static int parse(
	struct import *import, const char *data, size_t len, const struct import_options *options)
{
	struct document_options how = { .name = import->name };
	CLEANUP(lines_done) struct lines lines = { 0 };
	int r;

	if (options) {
		how.keep_noise = options->keep_noise;
		how.rules = options->rules;
	}
	r = read_lines(import, data, len, options, &lines);
	if (r < 0)
		return r;
	how.levels = (const unsigned char *)lines.levels.data;
	how.n_levels = lines.levels.len;
	how.title = lines.title;
	r = document_parse(buf_str(&lines.text), lines.text.len, &how, &import->doc);
	return r < 0 ? r : list_plans(import, options);
}

/* One line that says why a document was refused. Returns @error. */
static int explain(const struct import *import, const char *name,
	const struct import_options *options, int error, struct import_error *ret)
{
	const char *format = import->format ? import->format : "";

	switch (error) {
	case -EILSEQ:
		return options && options->encoding
			       ? fail(ret, error, "%s: not a text in %s", name,
					 encoding_name(*options->encoding))
			       : fail(ret, error, "%s: not a text in UTF-8, UTF-16 or GB18030",
					 name);
	case -ENODATA:
		return strcmp(format, format_name(FORMAT_PDF)) == 0
			       ? fail(ret, error, "%s: no plan found in it; a scan has no text",
					 name)
			       : fail(ret, error, "%s: no plan found in it", name);
	case -EBADMSG:
		return fail(ret, error, "%s: damaged: no %s file that any program would write",
			name, format);
	case -EFBIG:
		return fail(ret, error, "%s: holds more text than any document", name);
	case -ENOTSUP:
		return fail(ret, error, "%s: a %s file, which is no document", name, format);
	case -ENOPKG:
		return fail(ret, error, "%s: needs %s", name, helper_of(format));
	default:
		return fail(ret, error, "%s: %s", name, strerror(-error));
	}
}

int import_parse(const char *name, const char *data, size_t len,
	const struct import_options *options, struct import *ret_import,
	struct import_error *ret_error)
{
	CLEANUP(import_done) struct import import = { 0 };
	int r;

	if (len == 0)
		return fail(ret_error, -ENODATA, "%s: the file is empty", name);
	r = set_name(&import, name);
	if (r == 0)
		r = parse(&import, data, len, options);
	if (r < 0)
		return explain(&import, name, options, r, ret_error);

	*ret_import = import;
	import = (struct import){ 0 };
	return 0;
}

int import_read(const char *path, const struct import_options *options, struct import *ret_import,
	struct import_error *ret_error)
{
	CLEANUP(buf_done) struct buf data = { 0 };
	const char *slash = strrchr(path, '/');
	int r;

	r = read_file(path, &data, ret_error);
	if (r < 0)
		return r;
	if (data.len > IMPORT_BYTES_MAX)
		return fail(ret_error, -EFBIG, "%s: larger than %d MiB", path,
			IMPORT_BYTES_MAX / 1024 / 1024);
	return import_parse(
		slash ? slash + 1 : path, buf_str(&data), data.len, options, ret_import, ret_error);
}
