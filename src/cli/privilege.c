/*
 * The daemon parses what others wrote, and needs no right but to read and write the database: it becomes the
 * owner of the file, and the super-user without capabilities when that is him. What needs more, mounting and
 * unmounting, is its supervisor's.
 */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int become_owner(const char *db)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(db, &st) < 0)
		return 0; /* the store says it best */
	if (setgroups(0, NULL) < 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) < 0 ||
		setresuid(st.st_uid, st.st_uid, st.st_uid) < 0)
		return -errno;
	return 0;
}

/* What a program that is executed could get back; needs a capability itself. */
static void clear_bounding_set(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			log_dbg("capability %d stays in the bounding set", cap);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_capset, &header, none) < 0)
		return -errno;
	return 0;
}

int privilege_drop(const char *db)
{
	int r;

	clear_bounding_set();
	r = become_owner(db);
	return r < 0 ? r : drop_capabilities();
}
