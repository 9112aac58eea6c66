/* planfs grep: what grep -r finds, by the index. The operands one after the other, and the exit code. */
#include "grep_priv.h"

#include "planfs/log.h"
#include "planfs/search.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char output[64 << 10]; /* of stdout */

/* A search through all operands. */
struct run {
	const struct grep_options *options;
	struct match *match;
	struct grep_printer printer;
	bool only_counts; /* the lines that match, and the files, into the printer; nothing is said */
	struct store *s;                    /* of the last operand */
	struct buf db;                      /* its path */
	const struct grep_operand *operand; /* under way */
	struct buf name;                    /* of its present file */
};

static void run_done(struct run *run)
{
	grep_printer_done(&run->printer);
	match_free(run->match);
	store_close(run->s);
	buf_done(&run->db);
	buf_done(&run->name);
}

/* --- files --- */

static int count_lines(struct run *run, const char *data, size_t len)
{
	struct match_span line = { 0, 0 };
	int64_t n = 0;
	int r;

	r = match_set_text(run->match, data, len);
	while (r == 0 && (r = match_next_line(run->match, line.end, &line)) > 0) {
		n++;
		r = 0;
	}
	run->printer.lines += n;
	run->printer.files += n > 0;
	return r;
}

static int tell_file(void *arg, const struct grep_file *file, const char *data, size_t len)
{
	struct run *run = arg;
	int r;

	if (run->only_counts)
		return data ? count_lines(run, data, len) : 0;
	r = grep_operand_name(run->operand, file->path, &run->name);
	if (r < 0)
		return r;
	return grep_print_file(&run->printer, file, buf_str(&run->name), data, len);
}

/* --- the database of an operand --- */

/* What was written by other programs is not in the index yet. Where nobody has it mounted, we bring it there. */
static int catch_up(struct run *run)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	const char *db = buf_str(&run->db);
	struct store *s;

	if (!cli_is_writable(db) || search_has_waiting(run->s) <= 0 || mounted_find_db(db, &m) == 0)
		return 0;
	store_close(run->s);
	run->s = NULL;
	if (cli_open(db, &(struct store_options){ 0 }, &s) < 0)
		return -EIO; /* it was said why */
	index_catch_up(s);
	run->s = s;
	return 0;
}

/* Returns 0, or what store_open() says, with a line in *ret_why. */
static int open_store(struct run *run, const char *db, struct buf *ret_why)
{
	const struct store_options options = { .readonly = !cli_is_writable(db),
		.only_reads = true };
	int r;

	if (run->s && strcmp(buf_str(&run->db), db) == 0)
		return 0;
	store_close(run->s);
	run->s = NULL;
	run->db.len = 0;
	r = buf_add_str(&run->db, db);
	if (r == 0)
		r = store_open(db, &options, &run->s, ret_why);
	return r < 0 ? r : catch_up(run);
}

/* --- a search --- */

static struct grep_query make_query(struct run *run)
{
	const struct grep_options *o = run->options;
	struct grep_query q = { .all = o->invert || o->listing == LIST_COUNTS ||
				       o->listing == LIST_NOT_MATCHING,
		.path = buf_str(&run->operand->below),
		.years = o->years,
		.n_years = o->n_years,
		.unknown_year = o->unknown_year,
		.districts = { o->districts.words, o->districts.n },
		.plans = { o->plans.words, o->plans.n },
		.sections = { o->sections.words, o->sections.n },
		.order = o->order };

	if (!o->invert)
		q.any = match_needs(run->match, &q.n_any);
	return q;
}

static int search(struct run *run)
{
	const struct grep_operand *operand = run->operand;
	CLEANUP(buf_done) struct buf why = { 0 };
	struct grep_query query = make_query(run);
	bool silent = run->options->no_messages;
	int r;

	r = open_store(run, buf_str(&operand->db), &why);
	if (r == -EACCES && operand->root.len > 0) {
		if (!silent && !run->only_counts)
			log_warn("%s; reading the files of the mount instead, one by one",
				buf_str(&why));
		return grep_tree(buf_str(&operand->root), &query, tell_file, run);
	}
	if (r == 0)
		r = grep_store(run->s, &query, tell_file, run);
	if (r < 0 && !silent && why.len > 0)
		log_err("%s", buf_str(&why));
	else if (r < 0 && !silent)
		log_err("%s: %s", operand->arg ? operand->arg : ".", strerror(-r));
	return r;
}

/* As grep -r: one file alone is not named. */
static bool names_files(
	const struct grep_options *o, const struct grep_operand *operand, int operands)
{
	if (o->file_names != 0)
		return o->file_names > 0;
	return operands > 1 || !operand->is_file;
}

/* Returns 0, 1 when nothing more needs to be searched, or -Exxx, and it was said why. */
static int search_operand(struct run *run, const char *arg, int operands)
{
	CLEANUP(grep_operand_done) struct grep_operand operand = { 0 };
	int r;

	r = grep_operand_find(arg, run->options->no_messages, &operand);
	if (r < 0)
		return r;
	operand.is_one = operands > 1;
	run->operand = &operand;
	run->printer.with_names = names_files(run->options, &operand, operands);
	r = search(run);
	run->operand = NULL;
	return r;
}

static void search_all(struct run *run, int argc, char **argv)
{
	int i, n = argc - optind, r;

	for (i = 0; i < (n ? n : 1); i++) {
		r = search_operand(run, n ? argv[optind + i] : NULL, n ? n : 1);
		run->printer.has_failed |= r < 0;
		if (r > 0)
			break;
	}
}

/* --- when there is nothing --- */

/* A word of a command line, as a shell wants it. */
static int add_word(struct buf *b, const char *word)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=,+@%";
	const char *p;
	int r;

	r = buf_add_str(b, " ");
	for (p = word; *p && (strchr(plain, *p) || (unsigned char)*p >= 0xC0 ||
				     ((unsigned char)*p & 0xC0) == 0x80);)
		p++;
	if (r == 0 && p > word && !*p)
		return buf_add_str(b, word);
	if (r == 0)
		r = buf_add_str(b, "'");
	for (p = word; *p && r == 0; p++)
		r = *p == '\'' ? buf_add_str(b, "'\\''") : buf_add(b, p, 1);
	return r < 0 ? r : buf_add_str(b, "'");
}

/* Is it worth a look whether a loose match would find something? */
static bool wants_hint(const struct run *run)
{
	const struct grep_options *o = run->options;

	return run->printer.lines == 0 && !run->printer.has_failed && !o->quiet &&
	       !o->no_messages && !o->invert && o->match.syntax == MATCH_FIXED && !o->match.loose &&
	       o->listing != LIST_NOT_MATCHING;
}

/* What fails here is not missed. */
static void hint(const struct run *run, int argc, char **argv)
{
	CLEANUP(run_done) struct run loose = { .options = run->options, .only_counts = true };
	CLEANUP(buf_done) struct buf command = { 0 };
	struct grep_printer *found = &loose.printer;
	int i, r;

	if (grep_options_compile(run->options, true, &loose.match) < 0)
		return;
	search_all(&loose, argc, argv);
	if (found->lines == 0)
		return;
	r = buf_add_str(&command, "planfs grep --loose");
	for (i = 1; i < argc && r == 0; i++)
		r = add_word(&command, argv[i]);
	if (r < 0 || fflush(stdout) != 0)
		return;
	log_warn("nothing found; if width, blanks and case do not matter, %" PRId64
		 " line%s in %" PRId64 " file%s: %s",
		found->lines, found->lines == 1 ? "" : "s", found->files,
		found->files == 1 ? "" : "s", buf_str(&command));
}

/* --- the command --- */

/* Where there can be no line, as grep does it: nothing is looked at. */
static bool is_hopeless(const struct grep_options *o)
{
	bool nothing = o->patterns.len == 0 && !o->invert;

	return (o->max_count == 0 || nothing) && o->listing != LIST_NOT_MATCHING;
}

/* Of a reader who has gone away nothing is said, whether or not the signal for it was let through. */
static int end_output(int error)
{
	int fd;

	if (fflush(stdout) < 0 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	if (error != EPIPE)
		log_err("cannot write the output: %s", strerror(error));
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC); /* for what is left of it */
	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		clearerr(stdout);
	if (fd >= 0)
		close(fd);
	return -error;
}

static int grep(const struct grep_options *o, int argc, char **argv)
{
	CLEANUP(run_done) struct run run = { .options = o };

	if (is_hopeless(o))
		return GREP_NOT_FOUND;
	if (grep_options_compile(o, false, &run.match) < 0)
		return GREP_TROUBLE;
	run.printer = (struct grep_printer){ .options = o, .match = run.match };
	search_all(&run, argc, argv);
	if (wants_hint(&run))
		hint(&run, argc, argv);
	run.printer.has_failed |= end_output(run.printer.write_error) < 0;
	if (o->quiet && run.printer.lines > 0)
		return GREP_FOUND;
	if (run.printer.has_failed)
		return GREP_TROUBLE;
	return run.printer.lines > 0 ? GREP_FOUND : GREP_NOT_FOUND;
}

/*
 * A search is over so soon that much of its time would go into page faults, which are dear on virtual machines: have the kernel
 * give the heap in large pieces. malloc() writes into what it has got before we can say so: that is put in front of the first
 * large piece, of which all threads take. Where the kernel cannot, nothing is lost.
 */
static void take_memory(void)
{
	enum { FIRST = 256 << 10, HUGE = 2 << 20, ALL = 64 << 20 };
	void *volatile room; /* which the compiler must not see through */
	char *begin;

	if (!mallopt(M_ARENA_MAX, 1) || !mallopt(M_TOP_PAD, ALL) ||
		!mallopt(M_TRIM_THRESHOLD, 2 * ALL) || !mallopt(M_MMAP_THRESHOLD, HUGE))
		return;
	begin = sbrk(0);
	sbrk(-(uintptr_t)(begin + FIRST) % HUGE);
	begin = sbrk(0);
	room = malloc(FIRST - 4096); /* more than there is room for */
	free(room);
	if ((char *)sbrk(0) - begin < ALL)
		return;
	if (madvise(begin, FIRST, MADV_POPULATE_WRITE) < 0 ||
		madvise(begin + FIRST, ALL - FIRST, MADV_HUGEPAGE) < 0)
		log_dbg("memory comes page by page: %s", strerror(errno));
}

int cmd_grep(int argc, char **argv)
{
	CLEANUP(grep_options_done) struct grep_options o = { 0 };
	int r;

	r = grep_options_parse(argc, argv, &o);
	if (r != -1)
		return r;
	if (o.color)
		grep_colors_init();
	take_memory();
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	return grep(&o, argc, argv);
}
