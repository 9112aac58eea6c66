/*
 * What versions are called in .planfs/history/PATH/: "0007-2026-11-21T10.15.02-root.txt": the number, the local time, the
 * author, and the extension that the file has, so that programs know what it is.
 */
#include "view_priv.h"

#include "planfs/name.h"

#include <string.h>
#include <time.h>

enum { EXTENSION_MAX = 16, AUTHOR_BYTES = 64 };

/* ".txt" of "01-总则.txt"; nothing where there is none that a program would know. */
static const char *extension_of(const char *name)
{
	const char *dot = strrchr(name, '.'), *at;

	if (!dot || dot == name || strlen(dot) > EXTENSION_MAX || !dot[1])
		return "";
	for (at = dot + 1; *at; at++)
		if ((*at < '0' || *at > '9') && (*at < 'A' || *at > 'Z') &&
			(*at < 'a' || *at > 'z'))
			return "";
	return dot;
}

int version_name(const struct versions *v, size_t i, const char *file, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf author = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	const struct version *version = &v->list[i];
	time_t t = version->time / 1000000000;
	char stamp[32] = "";
	struct tm tm;
	int r;

	if (localtime_r(&t, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H.%M.%S", &tm);
	r = name_generate(version->author, strlen(version->author), AUTHOR_BYTES, &author);
	if (r == 0)
		r = buf_printf(
			&name, "%04zu-%s-%s%s", i + 1, stamp, buf_str(&author), extension_of(file));
	if (r < 0)
		return r;
	buf_done(ret_name);
	*ret_name = buf_steal(&name);
	return 0;
}
