/* What names mean; see planfs/name.h. */
#include "planfs/name.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* One table in one file: every temporary, backup, swap and lock name, by the program that makes it. */
static const char *const scratch_patterns[] = {
	".*.sw?", /* vim, nano: swap files */
	".*.un~", /* vim: undo files */
	"4913",   /* vim: probes whether the directory can be written */
	"*~",     /* vim, emacs, jed, nano -B: backups */
	"#*#",    /* emacs: auto-save */
	".#*",    /* emacs, joe, mcedit: lock */
	"sed[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]", /* sed -i */
	"tmp[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]", /* emacs precious */
	"d2utmp??????",                                                          /* dos2unix */
	"cooledit??????",                                                        /* mcedit */
	"*.gawk.??????",    /* gawk -i inplace */
	"XX??????",         /* perl -i */
	".goutputstream-*", /* gio: gedit, mousepad, geany */
	".~lock.*#",        /* LibreOffice: lock */
	"lu*.tmp",          /* LibreOffice */
	"~$*",              /* Microsoft Office: owner file */
	"~*.tmp",           /* Microsoft Office */
	"*.tmp",            /* many */
	".*.??????",        /* rsync, python, kakoune: .x.txt.Ab12Cd */
	".*.kate-swp",      /* kate */
	"*.kak.??????",     /* kakoune */
	"*___jb_tmp___",    /* JetBrains */
	"*___jb_old___",    /* JetBrains */
	".subl*.tmp",       /* Sublime Text */
	"*.crdownload",
	"*.part", /* downloads */
	".nfs*",
	".fuse_hidden*", /* silly renames */
	"._*",
	".DS_Store", /* macOS */
	"Thumbs.db",
	"desktop.ini", /* Windows */
	NULL,
};

static const char *const windows_devices[] = { "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3",
	"COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5",
	"LPT6", "LPT7", "LPT8", "LPT9" };

bool name_is_valid(const char *name, size_t len)
{
	if (len == 0 || len > NAME_BYTES_MAX)
		return false;
	if (memchr(name, '/', len) || memchr(name, '\0', len))
		return false;
	return !(len == 1 && name[0] == '.') && !(len == 2 && name[0] == '.' && name[1] == '.');
}

const char *const *name_scratch_patterns(void)
{
	return scratch_patterns;
}

/* The character behind the one at @s, in UTF-8 that need not be valid. */
static const char *next_char(const char *s)
{
	do
		s++;
	while (((unsigned char)*s & 0xC0) == 0x80);
	return s;
}

/* Is @c in the set of ranges behind '['? *@set moves behind ']'. */
static bool set_has(const char **set, char c)
{
	const char *p = *set;
	bool found = false;

	for (; *p != ']'; p += 3)
		found |= p[0] <= c && c <= p[2];
	*set = p + 1;
	return found;
}

/* Does one character at *@s match what is at *@glob? Both move behind it, even if not. */
static bool char_matches(const char **glob, const char **s)
{
	const char *c = *s;

	*s = **glob == '?' ? next_char(c) : c + 1;
	switch (*(*glob)++) {
	case '?':
		return true;
	case '[':
		return set_has(glob, *c);
	default:
		return (*glob)[-1] == *c;
	}
}

/*
 * fnmatch(3) asks the locale what a character is, counts bytes besides, and takes ten times as long; every name in each
 * listing of the past and of each change comes here.
 */
static bool glob_matches(const char *glob, const char *s)
{
	const char *star = NULL, *from = NULL; /* behind the last '*', and what that tries next */

	while (*s) {
		if (*glob == '*') {
			star = ++glob;
			from = s;
		} else if (!*glob || !char_matches(&glob, &s)) {
			if (!star)
				return false;
			glob = star;
			s = from = next_char(from);
		}
	}
	return glob[strspn(glob, "*")] == '\0';
}

bool name_is_scratch(const char *name)
{
	size_t i;

	for (i = 0; scratch_patterns[i]; i++)
		if (glob_matches(scratch_patterns[i], name))
			return true;
	return false;
}

bool name_is_year(const char *name)
{
	if (strcmp(name, NAME_UNKNOWN_YEAR) == 0)
		return true;
	return strlen(name) == 4 && strspn(name, "0123456789") == 4;
}

bool name_is_plan_dir(const char *name)
{
	return name[0] != '.';
}

bool name_is_section(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && memcmp(name + len - 4, ".txt", 4) == 0 && !strchr(".#~", name[0]);
}

bool name_is_author(const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
			return false;
	return len <= NAME_AUTHOR_BYTES && name_is_valid(text, len) &&
	       utf8_is_valid(text, len, NULL);
}

/* What stands in a generated name for the character @c of one byte, NULL for itself. */
static const char *substitute(unsigned char c)
{
	static const char forbidden[] = "\\/:*?\"<>|";
	static const char *const full_width[] = { "＼", "／", "：", "＊", "？", "＂", "＜", "＞",
		"｜" };
	const char *at = c ? strchr(forbidden, c) : NULL;

	if (at)
		return full_width[at - forbidden];
	return c <= ' ' || c == 0x7F ? " " : NULL;
}

static bool is_unsafe_first(char c)
{
	return c == '.' || c == '#' || c == '~' || c == ' ';
}

static void trim_end(struct buf *b)
{
	while (b->len > 0 && strchr(" .", b->data[b->len - 1]))
		b->data[--b->len] = '\0';
}

static bool is_windows_device(const struct buf *b)
{
	size_t stem = strcspn(buf_str(b), ".");
	size_t i;

	for (i = 0; i < ARRAY_LEN(windows_devices); i++)
		if (strlen(windows_devices[i]) == stem &&
			strncasecmp(buf_str(b), windows_devices[i], stem) == 0)
			return true;
	return false;
}

static void cut_last_char(struct buf *b)
{
	while (b->len > 0 && ((unsigned char)b->data[b->len - 1] & 0xC0) == 0x80)
		b->len--;
	if (b->len > 0)
		b->len--;
	b->data[b->len] = '\0';
}

static size_t count_chars(const struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++)
		n += ((unsigned char)b->data[i] & 0xC0) != 0x80;
	return n;
}

/* "COM1" and "COM1.a" are devices, "COM1_" and "COM1_.a" are not. */
static int guard_device(struct buf *b, size_t max_bytes)
{
	CLEANUP(buf_done) struct buf safe = { 0 };
	size_t stem = strcspn(b->data, ".");
	int r;

	r = buf_printf(&safe, "%.*s_%s", (int)stem, b->data, b->data + stem);
	if (r < 0)
		return r;
	if (safe.len > max_bytes || count_chars(&safe) > NAME_GENERATED_CHARS)
		cut_last_char(&safe);
	trim_end(&safe);
	buf_done(b);
	*b = buf_steal(&safe);
	return 0;
}

/* Append what stands for the character of @n bytes (0: a bad byte) at @s; -ENOSPC when it does not fit. */
static int add_safe_char(struct buf *out, const char *s, size_t n, size_t max_bytes)
{
	const char *piece = n == 0   ? "\xEF\xBF\xBD"
			    : n == 1 ? substitute((unsigned char)s[0])
				     : NULL;
	size_t len = piece ? strlen(piece) : n;

	if (!piece)
		piece = s;
	if (out->len == 0 && is_unsafe_first(piece[0]))
		return 0;
	if (piece[0] == ' ' && out->data[out->len - 1] == ' ')
		return 0;
	if (out->len + len > max_bytes)
		return -ENOSPC;
	return buf_add(out, piece, len);
}

int name_generate(const char *text, size_t len, size_t max_bytes, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	size_t chars, before;
	uint32_t c;
	int r = 0;

	for (chars = 0; len > 0 && chars<NAME_GENERATED_CHARS; chars += out.len> before) {
		size_t n = utf8_decode(text, len, &c);

		before = out.len;
		r = add_safe_char(&out, text, n, max_bytes);
		if (r < 0)
			break;
		text += n ? n : 1;
		len -= n ? n : 1;
	}
	if (r < 0 && r != -ENOSPC)
		return r;
	trim_end(&out);
	r = 0;
	if (out.len == 0)
		r = buf_add_str(&out, "无题");
	else if (is_windows_device(&out))
		r = guard_device(&out, max_bytes);
	if (r < 0)
		return r;

	*ret_name = buf_steal(&out);
	return 0;
}
