/* Extended attributes of users. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static void check_value(const char *path, const char *name, const char *value)
{
	char found[256];

	SAME(getxattr(path, name, found, sizeof(found)), strlen(value));
	CHECK(memcmp(found, value, strlen(value)) == 0);
}

/* Whether the list holds @name; the list of this many bytes is well formed. */
static bool lists(const char *path, const char *name)
{
	static char list[XATTR_LIST_MAX];
	ssize_t n = OK(listxattr(path, list, sizeof(list)));
	const char *p;
	bool found = false;

	for (p = list; p < list + n; p += strlen(p) + 1)
		found |= strcmp(p, name) == 0;
	CHECK(p == list + n);
	return found;
}

static void an_attribute_is_set_read_replaced_and_removed(void)
{
	make_file("f", "text");
	FAILS(getxattr("f", "user.a", NULL, 0), ENODATA);
	FAILS(removexattr("f", "user.a"), ENODATA);
	OK(setxattr("f", "user.a", "one", 3, 0));
	check_value("f", "user.a", "one");
	OK(setxattr("f", "user.a", "second", 6, 0));
	check_value("f", "user.a", "second");
	OK(setxattr("f", "user.a", "3", 1, 0));
	check_value("f", "user.a", "3");
	OK(removexattr("f", "user.a"));
	FAILS(getxattr("f", "user.a", NULL, 0), ENODATA);
	TEXT("f", "text");
}

static void create_and_replace_are_told_apart(void)
{
	make_file("f", "");
	FAILS(setxattr("f", "user.a", "x", 1, XATTR_REPLACE), ENODATA);
	OK(setxattr("f", "user.a", "x", 1, XATTR_CREATE));
	FAILS(setxattr("f", "user.a", "y", 1, XATTR_CREATE), EEXIST);
	check_value("f", "user.a", "x");
	OK(setxattr("f", "user.a", "z", 1, XATTR_REPLACE));
	check_value("f", "user.a", "z");
	FAILS(setxattr("f", "user.b", "x", 1, XATTR_REPLACE), ENODATA);
	FAILS(setxattr("f", "user.a", "x", 1, 64), EINVAL);
}

static void sizes_are_asked_for_and_too_little_room_is_erange(void)
{
	char value[8];
	ssize_t n;

	make_file("f", "");
	n = OK(listxattr("f", NULL, 0));
	OK(setxattr("f", "user.a", "12345", 5, 0));
	SAME(getxattr("f", "user.a", NULL, 0), 5);
	FAILS(getxattr("f", "user.a", value, 4), ERANGE);
	SAME(getxattr("f", "user.a", value, 5), 5);
	SAME(listxattr("f", NULL, 0), n + 7);
	FAILS(listxattr("f", value, 3), ERANGE);
}

static void values_may_be_empty_or_of_any_bytes(void)
{
	char value[256], found[256];
	int i;

	for (i = 0; i < 256; i++)
		value[i] = (char)i;
	make_file("f", "");
	OK(setxattr("f", "user.empty", "", 0, 0));
	SAME(getxattr("f", "user.empty", found, sizeof(found)), 0);
	CHECK(lists("f", "user.empty"));
	OK(setxattr("f", "user.bytes", value, sizeof(value), 0));
	SAME(getxattr("f", "user.bytes", found, sizeof(found)), 256);
	CHECK(memcmp(value, found, 256) == 0);
}

static void names_may_be_long_and_in_any_script(void)
{
	static const char han[] = "user.\xE5\xB9\xB4\xE5\xBA\xA6";
	char name[XATTR_NAME_MAX + 2];

	make_file("f", "");
	OK(setxattr("f", han, "x", 1, 0));
	CHECK(lists("f", han));
	check_value("f", han, "x");
	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[XATTR_NAME_MAX + 1] = '\0';
	FAILS(setxattr("f", name, "x", 1, 0), ERANGE);
	name[XATTR_NAME_MAX] = '\0';
	OK(setxattr("f", name, "y", 1, 0));
	CHECK(lists("f", name));
	check_value("f", name, "y");
}

static void many_attributes_are_listed(void)
{
	char name[32];
	int i;

	make_file("f", "");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "user.attribute-%d", i);
		OK(setxattr("f", name, name, strlen(name), 0));
	}
	for (i = 0; i < 40; i += 2) {
		snprintf(name, sizeof(name), "user.attribute-%d", i);
		OK(removexattr("f", name));
	}
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "user.attribute-%d", i);
		SAME(lists("f", name), i % 2);
		if (i % 2)
			check_value("f", name, name);
	}
}

static void a_value_of_some_kilobytes_is_kept(void)
{
	static char value[3000], found[3000];

	fill(value, sizeof(value), 1);
	make_file("f", "");
	OK(setxattr("f", "user.big", value, sizeof(value), 0));
	SAME(getxattr("f", "user.big", found, sizeof(found)), sizeof(found));
	CHECK(is_filled(found, sizeof(found), 1));
}

static void a_value_as_large_as_linux_allows_is_kept(void)
{
	static char value[XATTR_SIZE_MAX + 1], found[XATTR_SIZE_MAX];

	fill(value, sizeof(value), 1);
	make_file("f", "");
	FAILS(setxattr("f", "user.big", value, XATTR_SIZE_MAX + 1, 0), E2BIG);
	if (setxattr("f", "user.big", value, XATTR_SIZE_MAX, 0) < 0) {
		CHECK(errno == ENOSPC || errno == E2BIG);
		posix_skip("values of 64 kB do not fit here");
	}
	SAME(getxattr("f", "user.big", found, sizeof(found)), XATTR_SIZE_MAX);
	CHECK(is_filled(found, sizeof(found), 1));
	OK(setxattr("f", "user.big", "small", 5, 0));
	check_value("f", "user.big", "small");
}

static void directories_have_attributes_too(void)
{
	int fd;

	OK(mkdir("d", 0755));
	OK(setxattr("d", "user.a", "x", 1, 0));
	make_file("d/f", "");
	check_value("d", "user.a", "x");
	CHECK(!lists("d/f", "user.a"));
	fd = OK(open("d", O_RDONLY));
	OK(fsetxattr(fd, "user.b", "y", 1, 0));
	OK(close(fd));
	CHECK(lists("d", "user.a") && lists("d", "user.b"));
}

static void symlinks_and_fifos_have_no_attributes_of_users(void)
{
	char byte;

	make_file("f", "");
	OK(symlink("f", "l"));
	FAILS(lsetxattr("l", "user.a", "x", 1, 0), EPERM);
	FAILS_EITHER(lgetxattr("l", "user.a", &byte, 1), ENODATA, EPERM);
	OK(setxattr("l", "user.a", "x", 1, 0));
	check_value("f", "user.a", "x");
	make_node(NODE_FIFO, "p");
	FAILS(setxattr("p", "user.a", "x", 1, 0), EPERM);
}

static void attributes_belong_to_the_inode(void)
{
	int fd;

	make_file("f", "");
	OK(setxattr("f", "user.a", "x", 1, 0));
	OK(link("f", "g"));
	OK(rename("f", "h"));
	check_value("g", "user.a", "x");
	check_value("h", "user.a", "x");
	fd = OK(open("h", O_RDONLY));
	OK(fsetxattr(fd, "user.a", "y", 1, 0));
	check_value("g", "user.a", "y");
	OK(fremovexattr(fd, "user.a"));
	CHECK(!lists("h", "user.a"));
	OK(close(fd));
	OK(setxattr("h", "user.a", "x", 1, 0));
	OK(unlink("h"));
	make_file("h", "");
	CHECK(!lists("h", "user.a"));
}

static void attributes_go_by_the_permissions_of_the_file(void)
{
	need_root();
	make_file("f", "");
	OK(setxattr("f", "user.a", "x", 1, 0));
	if (child_as(NOBODY, NOBODY)) {
		check_value("f", "user.a", "x");
		FAILS(setxattr("f", "user.a", "y", 1, 0), EACCES);
		FAILS(removexattr("f", "user.a"), EACCES);
		child_done();
	}
	OK(chmod("f", 0600));
	if (child_as(NOBODY, NOBODY)) {
		FAILS(getxattr("f", "user.a", NULL, 0), EACCES);
		child_done();
	}
	make_dir("s", 01777);
	if (child_as(NOBODY, NOBODY)) {
		FAILS(setxattr("s", "user.a", "y", 1, 0), EPERM);
		child_done();
	}
}

/* Editors ask for these; EIO would frighten them. */
static void attributes_of_the_system_are_answered_properly(void)
{
	char value[256];

	make_file("f", "");
	FAILS_EITHER(getxattr("f", "system.posix_acl_access", value, sizeof(value)), ENODATA,
		EOPNOTSUPP);
	OK(mkdir("d", 0755));
	FAILS_EITHER(getxattr("d", "system.posix_acl_default", value, sizeof(value)), ENODATA,
		EOPNOTSUPP);
	FAILS_EITHER(
		getxattr("f", "security.capability", value, sizeof(value)), ENODATA, EOPNOTSUPP);
	FAILS(setxattr("f", "nonsense", "x", 1, 0), EOPNOTSUPP);
	FAILS(setxattr("f", "unknown.a", "x", 1, 0), EOPNOTSUPP);
}

const struct posix_case posix_xattr_cases[] = {
	POSIX_CASE(an_attribute_is_set_read_replaced_and_removed),
	POSIX_CASE(create_and_replace_are_told_apart),
	POSIX_CASE(sizes_are_asked_for_and_too_little_room_is_erange),
	POSIX_CASE(values_may_be_empty_or_of_any_bytes),
	POSIX_CASE(names_may_be_long_and_in_any_script),
	POSIX_CASE(many_attributes_are_listed),
	POSIX_CASE(a_value_of_some_kilobytes_is_kept),
	POSIX_CASE(a_value_as_large_as_linux_allows_is_kept),
	POSIX_CASE(directories_have_attributes_too),
	POSIX_CASE(symlinks_and_fifos_have_no_attributes_of_users),
	POSIX_CASE(attributes_belong_to_the_inode),
	POSIX_CASE(attributes_go_by_the_permissions_of_the_file),
	POSIX_CASE(attributes_of_the_system_are_answered_properly),
	POSIX_END,
};
