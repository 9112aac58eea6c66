/* What a file is: by its contents, whatever it is called. */
#include "import_priv.h"

#include <string.h>
#include <strings.h>

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

	if (bytes_hold(data, len, "word/") && bytes_hold(data, len, "[Content_Types].xml"))
		return FORMAT_DOCX;
	return bytes_hold(data, look, "mimetypeapplication/vnd.oasis.opendocument.text")
		       ? FORMAT_OFFICE
		       : FORMAT_ZIP;
}

enum format format_find(const char *data, size_t len)
{
	if (!data)
		return FORMAT_TEXT;
	if (begins(data, len, "PK\003\004", 4))
		return format_of_zip(data, len);
	if (begins(data, len, "%PDF-", 5))
		return FORMAT_PDF;
	if (begins(data, len, "{\\rtf", 5) ||
		begins(data, len, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8))
		return FORMAT_OFFICE;
	return FORMAT_TEXT;
}

/* ---- texts ---- */

static const char *skip_space(const char *s, const char *end)
{
	while (s < end && strchr(" \t\n\r", *s))
		s++;
	return s;
}

/* Does @word stand in the first bytes of the text, small or capital? */
static bool has_early(const char *text, size_t len, const char *word)
{
	size_t i, n = strlen(word), look = len < 8192 ? len : 8192;

	for (i = 0; i + n <= look; i++)
		if (text[i] == '<' && strncasecmp(text + i, word, n) == 0)
			return true;
	return false;
}

static bool is_html(const char *text, size_t len)
{
	const char *s = skip_space(text, text + len);

	if (s == text + len || *s != '<')
		return false;
	return has_early(text, len, "<html") || has_early(text, len, "<!doctype html") ||
	       has_early(text, len, "<body") || has_early(text, len, "<div") ||
	       has_early(text, len, "<p>") || has_early(text, len, "<h1") ||
	       has_early(text, len, "<table");
}

/* A line of === or --- that underlines the line before it. */
static bool is_underline(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] != s[0])
			return false;
	return len >= 3 && (s[0] == '=' || s[0] == '-');
}

/* A line "# title", two that are underlined, or a front matter. */
static bool is_markdown(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	unsigned headings = 0, underlined = 0;
	bool text_before = false;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at), k = 0;

		while (k < n && at[k] == '#')
			k++;
		if (k >= 1 && k <= 6 && k + 1 < n && at[k] == ' ')
			headings++;
		else if (k > 0 && k == n)
			return false; /* a rule of #### */
		underlined += text_before && is_underline(at, n);
		text_before = n > 0 && !is_underline(at, n);
		at = stop ? stop + 1 : end;
	}
	return headings > 0 || underlined >= 2 ||
	       (len > 10 && memcmp(text, "---\ntitle:", 10) == 0);
}

enum format format_of_text(const char *text, size_t len)
{
	if (is_html(text, len))
		return FORMAT_HTML;
	return is_markdown(text, len) ? FORMAT_MARKDOWN : FORMAT_TEXT;
}
