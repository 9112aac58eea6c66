/* What a file is: by its contents, whatever it is called. */
#include "import_priv.h"

#include <string.h>

const char *format_name(enum format format)
{
	static const char *const names[] = { "text", "Markdown", "web page", "Word", "PDF",
		"office", "zip" };

	return names[format];
}

static bool begins(const char *data, size_t len, const char *with, size_t n)
{
	return len >= n && memcmp(data, with, n) == 0;
}

/* A zip file of an office program: one that has a main document of Word, or a part of OpenDocument. */
static enum format format_of_zip(const char *data, size_t len)
{
	size_t look = len < 4096 ? len : 4096;

	if (memmem(data, len, "word/", 5) && memmem(data, len, "[Content_Types].xml", 19))
		return FORMAT_DOCX;
	return memmem(data, look, "mimetypeapplication/vnd.oasis.opendocument.text", 47)
		       ? FORMAT_OFFICE
		       : FORMAT_ZIP;
}

enum format format_find(const char *data, size_t len)
{
	if (begins(data, len, "PK\003\004", 4))
		return format_of_zip(data, len);
	if (begins(data, len, "%PDF-", 5))
		return FORMAT_PDF;
	if (begins(data, len, "{\\rtf", 5) ||
		begins(data, len, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8))
		return FORMAT_OFFICE;
	return FORMAT_TEXT;
}
