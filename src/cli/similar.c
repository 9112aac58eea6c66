/* planfs similar: the sections or plans that are most like one. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/search.h"
#include "planfs/similar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS = 10 };

struct output {
	bool as_json;
	unsigned long n;
};

static void print_pairs_json(const struct similar *similar)
{
	size_t i;

	fputs(", \"sections\": [", stdout);
	for (i = 0; i < similar->n_pairs; i++) {
		const struct similar_pair *p = &similar->pairs[i];

		fputs(i ? ",\n    {" : "\n    {", stdout);
		json_print_number_field("percent", p->percent);
		fputs(", ", stdout);
		json_print_text_field("own", p->own);
		fputs(", ", stdout);
		json_print_text_field("other", p->other);
		putchar('}');
	}
	putchar(']');
}

static void print_json(struct output *out, const struct similar *similar)
{
	const struct {
		const char *key, *value;
	} names[] = { { "year", similar->year }, { "district", similar->district },
		{ "plan", similar->plan }, { "section", similar->section } };
	size_t i;

	fputs(out->n ? ",\n  {" : "[\n  {", stdout);
	json_print_number_field("percent", similar->percent);
	for (i = 0; i < ARRAY_LEN(names) && names[i].value; i++) {
		fputs(", ", stdout);
		json_print_text_field(names[i].key, names[i].value);
	}
	if (!similar->section)
		print_pairs_json(similar);
	putchar('}');
}

static void print_text(const struct similar *similar)
{
	size_t i;

	printf("%3u%%  %s/%s/%s%s%s\n", similar->percent, similar->year, similar->district,
		similar->plan, similar->section ? "/" : "",
		similar->section ? similar->section : "");
	for (i = 0; i < similar->n_pairs; i++) {
		const struct similar_pair *p = &similar->pairs[i];

		printf("      %3u%%  %s%s%s\n", p->percent, p->own,
			strcmp(p->own, p->other) == 0 ? "" : " = ",
			strcmp(p->own, p->other) == 0 ? "" : p->other);
	}
}

static int print(void *arg, const struct similar *similar)
{
	struct output *out = arg;

	if (out->as_json)
		print_json(out, similar);
	else
		print_text(similar);
	out->n++;
	return ferror(stdout) ? -EPIPE : 0;
}

static void complain(const char *arg, int err)
{
	if (err == -EINVAL)
		log_err("%s: neither a plan nor a file", arg);
	else if (err == -ENODATA)
		log_err("%s: too little text to tell what is like it", arg);
	else if (err != -EPIPE)
		log_err("%s: %s", arg, strerror(-err));
}

/* What the index does not hold yet has no sketch: say so, because it may be the best. */
static void warn_of_waiting(struct store *s)
{
	struct search_status status;

	if (search_get_status(s, &status) == 0 && status.waiting > 0)
		log_warn("%" PRId64 " %s not in the search index yet, and %s not compared",
			status.waiting, status.waiting == 1 ? "text is" : "texts are",
			status.waiting == 1 ? "was" : "were");
}

/* @arg may be a path in a mount: what is @wanted is below that. */
static int show(const char *arg, const char *wanted, size_t n, struct output *out)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	r = cli_find_db(arg, &db, &path);
	if (r == 0)
		r = buf_printf(&path, "/%s", wanted);
	if (r == 0)
		r = cli_open_to_read(buf_str(&db), &s);
	if (r < 0)
		return r;
	index_catch_up(s);
	r = similar_find(s, buf_str(&path), n, print, out);
	if (r < 0)
		complain(wanted[0] ? wanted : arg, r);
	else if (out->as_json)
		fputs(out->n ? "\n]\n" : "[]\n", stdout);
	else if (out->n == 0)
		log_warn("%s: nothing is like it", wanted[0] ? wanted : arg);
	if (r == 0)
		warn_of_waiting(s);
	return r == -ENODATA ? -EIO : r;
}

/* Returns 0 when @word is no number of results. */
static size_t parse_number(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	return word[0] < '0' || word[0] > '9' || *end || n > SIMILAR_RESULTS_MAX ? 0 : n;
}

int cmd_similar(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "number", required_argument, NULL, 'n' }, { 0 } };
	struct output out = { 0 };
	size_t n = RESULTS;
	int r;

	while ((r = cli_next_option(argc, argv, "n:", longs)) != -1) {
		out.as_json |= r == 'j';
		if (r == 'n' && (n = parse_number(optarg)) == 0)
			return cli_usage_error(
				"'%s' is no number from 1 to %d", optarg, SIMILAR_RESULTS_MAX);
	}
	r = cli_expect_args(argc, 1, 2);
	if (r != CLI_OK)
		return r;
	return (int)cli_exit_code(
		show(argv[optind], argc - optind > 1 ? argv[optind + 1] : "", n, &out));
}
