/* The name of a user: the author of the versions that it makes. */
#include "fs_priv.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

static void find_name(uid_t uid, char *ret_name, size_t size)
{
	char buffer[1024];
	struct passwd pw, *found = NULL;

	loop_step_aside(); /* the answer may come from a server */
	if (getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(ret_name, size, "%s", pw.pw_name);
	else
		snprintf(ret_name, size, "%u", uid);
}

const char *fs_author(struct fs *fs, uid_t uid, char *ret_name)
{
	struct uid_name *place = &fs->authors[uid % ARRAY_LEN(fs->authors)];

	loop_lock(&fs->authors_lock);
	if (!place->name[0] || place->uid != uid) {
		place->uid = uid;
		find_name(uid, place->name, sizeof(place->name));
	}
	memcpy(ret_name, place->name, sizeof(place->name));
	pthread_mutex_unlock(&fs->authors_lock);
	return ret_name;
}
