/* The processes of a case, and what they tell each other. */
#include "posix.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void need_root(void)
{
	if (geteuid() != 0)
		posix_skip("needs the super-user");
}

pid_t fork_beside(void)
{
	return OK(fork());
}

/* The child has told why it failed; the case only has to end. */
void join(pid_t child)
{
	int status;

	SAME(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		posix_fail(__FILE__, __LINE__, "child killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		_exit(WEXITSTATUS(status));
}

bool in_child(void)
{
	pid_t child = fork_beside();

	if (child == 0)
		return true;
	join(child);
	return false;
}

bool child_as_member(uid_t uid, gid_t gid, gid_t extra)
{
	need_root();
	if (!in_child())
		return false;
	OK(setgroups(1, &extra));
	OK(setresgid(gid, gid, gid));
	OK(setresuid(uid, uid, uid));
	return true;
}

bool child_as(uid_t uid, gid_t gid)
{
	return child_as_member(uid, gid, gid);
}

void child_done(void)
{
	_exit(0);
}

int fork_many(int n)
{
	pid_t children[64];
	int i;

	CHECK(n <= (int)ARRAY_LEN(children));
	for (i = 0; i < n; i++) {
		children[i] = fork_beside();
		if (children[i] == 0)
			return i;
	}
	for (i = 0; i < n; i++)
		join(children[i]);
	return -1;
}

int *shared_numbers(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

void raise_number(int *number)
{
	__atomic_add_fetch(number, 1, __ATOMIC_SEQ_CST);
}

int number_now(const int *number)
{
	return __atomic_load_n(number, __ATOMIC_SEQ_CST);
}

void wait_for_number(const int *number, int at_least)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	int tries;

	for (tries = 0; tries < 50000; tries++) {
		if (number_now(number) >= at_least)
			return;
		nanosleep(&pause, NULL);
	}
	posix_fail(__FILE__, __LINE__, "waited in vain for a number of at least %d", at_least);
}
