/* Names: how long, of which bytes, how deep. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_listed(const char *name)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(".");

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		found |= strcmp(entry->d_name, name) == 0;
	OK(closedir(dir));
	return found;
}

static void names_have_up_to_255_bytes(void)
{
	char name[257], other[257];
	enum node_kind kind;

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	memset(other, 'o', sizeof(other));
	other[255] = '\0';
	FAILS(open(name, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
	name[255] = '\0';
	for (kind = 0; kind < NODE_KINDS; kind++) {
		if (kind == NODE_SOCKET)
			continue;
		make_node(kind, name);
		CHECK(is_listed(name));
		OK(rename(name, other));
		CHECK(!is_listed(name) && is_listed(other));
		remove_node(other);
	}
}

static void a_name_of_85_han_characters_fits(void)
{
	char name[256];
	int i;

	for (i = 0; i < 85; i++)
		memcpy(name + i * 3, "\xE6\x95\x99", 3);
	name[255] = '\0';
	make_file(name, "text");
	CHECK(is_listed(name));
	TEXT(name, "text");
}

static void every_byte_but_slash_and_nul_may_be_in_a_name(void)
{
	char name[8];
	int c;

	for (c = 1; c < 256; c++) {
		if (c == '/')
			continue;
		snprintf(name, sizeof(name), "a%cb", c);
		OK(close(OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0644))));
		CHECK(is_listed(name));
	}
	SAME(count_entries("."), 254);
	for (c = 1; c < 256; c++) {
		snprintf(name, sizeof(name), "a%cb", c);
		if (c != '/')
			OK(unlink(name));
	}
	SAME(count_entries("."), 0);
}

static void odd_names_are_names_like_others(void)
{
	static const char *const names[] = { "\n", " ", "...", "-rf", "\xFF", "\xC0\xAF",
		"\xED\xA0\x80", "a\nb", "*", "\\", "\xE8\xAE", "con", "a:b", " lead", "trail ",
		"trail.", "\x7F", "%s%n", "'; DROP TABLE inode; --" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		make_file(names[i], names[i]);
		CHECK(is_listed(names[i]));
		TEXT(names[i], names[i]);
	}
	SAME(count_entries("."), ARRAY_LEN(names));
	for (i = 0; i < ARRAY_LEN(names); i++) {
		OK(rename(names[i], "x"));
		TEXT("x", names[i]);
		OK(mkdir(names[i], 0755));
		OK(rmdir(names[i]));
		OK(unlink("x"));
	}
}

static void names_differ_by_case_and_by_form(void)
{
	static const char *const names[] = { "a", "A", "\xC3\xA9", "e\xCC\x81", "\xC3\x89",
		"\xEF\xBC\xA1" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		OK(close(OK(open(names[i], O_WRONLY | O_CREAT | O_EXCL, 0644))));
	SAME(count_entries("."), ARRAY_LEN(names));
}

/* The names that editors use for a moment are files in every respect. */
static void scratch_names_are_files_like_others(void)
{
	static const char *const names[] = { ".x.txt.swp", "4913", "x.txt~", "#x.txt#", "sedAbCdEf",
		".goutputstream-ABCDEF", ".~lock.x.txt#", "~$x.docx", "x.tmp", ".x.txt.AbCdEf",
		"._x", "Thumbs.db", ".nfs0001", ".fuse_hidden0001" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		make_file(names[i], "text");
		CHECK(is_listed(names[i]));
		TEXT(names[i], "text");
		OK(chmod(names[i], 0600));
		OK(link(names[i], "l"));
		SAME(stat_of("l").st_nlink, 2);
		OK(rename(names[i], "x.txt"));
		OK(rename("x.txt", names[i]));
		OK(unlink("l"));
		OK(symlink("user@host.123", "s"));
		OK(rename("s", names[i]));
		OK(unlink(names[i]));
		CHECK(!exists(names[i]));
	}
	SAME(count_entries("."), 0);
}

static void a_tree_may_be_two_hundred_directories_deep(void)
{
	char path[PATH_MAX] = "";
	int i, n = 0;

	for (i = 0; i < 200; i++) {
		n += snprintf(path + n, sizeof(path) - (size_t)n, "%slevel-%03d", i ? "/" : "", i);
		OK(mkdir(path, 0755));
	}
	snprintf(path + n, sizeof(path) - (size_t)n, "/f");
	make_file(path, "deep");
	OK(rename("level-000", "top"));
	memmove(path + 3, path + 9, strlen(path + 9) + 1);
	memcpy(path, "top", 3);
	TEXT(path, "deep");
}

static void a_tree_may_be_deeper_than_a_path_is_long(void)
{
	char name[201];
	int i;

	memset(name, 'x', 200);
	name[200] = '\0';
	for (i = 0; i < 30; i++) {
		OK(mkdir(name, 0755));
		OK(chdir(name));
	}
	make_file("f", "text");
	TEXT("f", "text");
	SAME(stat_of("../../..").st_nlink, 3);
	for (i = 0; i < 30; i++)
		OK(chdir(".."));
	SAME(count_entries("."), 1);
}

static void slashes_at_the_end_mean_a_directory(void)
{
	struct stat st;

	OK(mkdir("d", 0755));
	make_file("f", "");
	OK(symlink("d", "l"));
	OK(lstat("d/", &st));
	OK(lstat("d////", &st));
	OK(lstat("l/", &st));
	CHECK(S_ISDIR(st.st_mode));
	FAILS(lstat("f/", &st), ENOTDIR);
	FAILS(link("f", "g/"), ENOENT);
	OK(rename("d/", "e/"));
	CHECK(S_ISDIR(stat_of("e").st_mode));
}

/* The kernel remembers that a name was not there; it must not remember it too long. */
static void a_name_that_vanished_or_came_is_known_to_all_at_once(void)
{
	struct stat st;
	int i;

	for (i = 0; i < 50; i++) {
		FAILS(stat("f", &st), ENOENT);
		if (in_child()) {
			make_file("f", "text");
			child_done();
		}
		SAME(stat_of("f").st_size, 4);
		if (in_child()) {
			OK(i % 2 ? unlink("f") : rename("f", "g"));
			child_done();
		}
		FAILS(open("f", O_RDONLY), ENOENT);
		FAILS(stat("f", &st), ENOENT);
	}
}

const struct posix_case posix_name_cases[] = {
	POSIX_CASE(names_have_up_to_255_bytes),
	POSIX_CASE(a_name_of_85_han_characters_fits),
	POSIX_CASE(every_byte_but_slash_and_nul_may_be_in_a_name),
	POSIX_CASE(odd_names_are_names_like_others),
	POSIX_CASE(names_differ_by_case_and_by_form),
	POSIX_CASE(scratch_names_are_files_like_others),
	POSIX_CASE(a_tree_may_be_two_hundred_directories_deep),
	POSIX_CASE(a_tree_may_be_deeper_than_a_path_is_long),
	POSIX_CASE(slashes_at_the_end_mean_a_directory),
	POSIX_CASE(a_name_that_vanished_or_came_is_known_to_all_at_once),
	POSIX_END,
};
