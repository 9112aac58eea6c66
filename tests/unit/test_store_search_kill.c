/* kill -9 while files are saved, removed and indexed: the index is sound afterwards, and nothing is missed. */
#include "search_fixture.h"

#include "planfs/check.h"

#include <signal.h>
#include <sys/wait.h>

enum { KILLS = 25, FILES = 60 };

static const char *const words[] = { "控辍保学", "安全", "德育", "，", "9" };

static unsigned pick(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

static void save_something(struct fixture *f, unsigned *seed)
{
	char path[100], text[400] = "";
	unsigned i, n = pick(seed, 30);

	snprintf(path, sizeof(path), PLAN "/%02u.%s", pick(seed, FILES),
		pick(seed, 2) ? "txt" : "tmp");
	for (i = 0; i < n; i++)
		strcat(text, words[pick(seed, ARRAY_LEN(words))]);
	if (pick(seed, 5) == 0 && exists(f, path)) {
		remove_file(f, path);
		purge_all(f);
	} else {
		put_file(f, path, text, strlen(text));
	}
}

/* Until it is killed. Steps of every size; now and then all of it anew. */
static void work_until_killed(struct fixture *f, unsigned seed)
{
	f->db = NULL;
	for (;;) {
		unsigned what = pick(&seed, 60);
		int r = 0;

		if (what == 0)
			r = search_index_clear(f->s);
		else if (what < 20)
			r = search_index_step(f->s, pick(&seed, 4000), 1000);
		else if (what < 25)
			r = search_index_merge(f->s, 1 + pick(&seed, 8), 1000);
		else
			save_something(f, &seed);
		if (r < 0)
			_exit(1);
	}
}

static int add_damage(void *arg, const struct store_finding *finding)
{
	if (finding->level != FINDING_DAMAGE)
		return 0;
	return buf_printf(arg, "%s %s: %s\n", finding->kind, finding->path, finding->text);
}

static void expect_nothing_missed(struct fixture *f)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		char query[256];

		/* files that really have the word */
		snprintf(query, sizeof(query),
			"SELECT count(*) <= %zu FROM inode JOIN body ON body.id = body WHERE nlink > 0 "
			"AND instr(data, CAST('%s' AS BLOB))",
			count_of(f, words[i]), words[i]);
		expect_rows(f, query, "1");
	}
}

static void after_a_kill_at_any_moment_all_is_right(void **state)
{
	struct fixture *f = *state;
	int i, status;

	make_plan(f);
	for (i = 0; i < KILLS; i++) {
		CLEANUP(buf_done) struct buf damage = { 0 };
		pid_t child;

		store_close(f->s);
		f->s = NULL;
		sqlite3_close(f->db);
		f->db = NULL;
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			store_open_at(f, false);
			work_until_killed(f, (unsigned)i + 1);
		}
		usleep((useconds_t)(20000 + i * 7001)); /* the moment of the kill */
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		store_open_at(f, false);
		assert_int_equal(store_check(f->s, add_damage, &damage), 0);
		assert_string_equal(buf_str(&damage), "");
		expect_nothing_missed(f);
	}
	index_all(f, 100000);
	expect_nothing_missed(f);
	expect_index_is_sound(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(after_a_kill_at_any_moment_all_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
