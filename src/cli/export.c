/* planfs export: plans as JSON, text, Markdown or Word on stdout. */
#include "cli_priv.h"

#include "planfs/export.h"
#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum format { FORMAT_NONE, FORMAT_JSON, FORMAT_TXT, FORMAT_MD, FORMAT_DOCX };

struct output {
	struct store *s;
	bool headings; /* before each section of the text */
	unsigned long plans;
	const struct export_plan *plan; /* under way */
};

static int print_plan_json(void *arg, const struct export_plan *plan)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct output *out = arg;
	int r;

	r = export_plan_json(out->s, plan, &text);
	if (r < 0)
		return r;
	fputs(out->plans++ ? ",\n" : "[\n", stdout);
	fwrite(text.data, 1, text.len, stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

static int print_section_txt(void *arg, const struct export_section *section)
{
	struct output *out = arg;
	const struct export_plan *plan = out->plan;
	const struct buf *text = section->text;

	if (out->headings)
		printf("== %s/%s/%s/%s ==\n", plan->year, plan->district, plan->name,
			section->name);
	if (text->len > 0)
		fwrite(text->data, 1, text->len, stdout);
	if (out->headings)
		fputs(text->len > 0 && text->data[text->len - 1] != '\n' ? "\n\n" : "\n", stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

static int print_plan_txt(void *arg, const struct export_plan *plan)
{
	struct output *out = arg;

	out->plan = plan;
	out->plans++;
	return export_sections(out->s, plan->inode, print_section_txt, out);
}

static int print_plan_md(void *arg, const struct export_plan *plan)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct output *out = arg;
	int r;

	r = export_plan_md(out->s, plan, &text);
	if (r < 0)
		return r;
	if (out->plans++ > 0)
		putchar('\n');
	fwrite(text.data, 1, text.len, stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

static int print_plan_docx(void *arg, const struct export_plan *plan)
{
	CLEANUP(buf_done) struct buf data = { 0 };
	struct output *out = arg;
	int r;

	r = export_plan_docx(out->s, plan, &data);
	if (r < 0)
		return r;
	fwrite(data.data, 1, data.len, stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

/* A plan has three names: its text alone is what 'cat PLAN' followed by a star would give. */
static bool names_a_plan(const char *path)
{
	int names = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		names++;
		path += strcspn(path, "/");
	}
	return names == 3;
}

static int write_plans(struct output *out, const char *path, enum format format)
{
	int r;

	if (format == FORMAT_TXT)
		return export_walk(out->s, path, print_plan_txt, out);
	if (format == FORMAT_MD)
		return export_walk(out->s, path, print_plan_md, out);
	if (format == FORMAT_DOCX)
		return export_walk(out->s, path, print_plan_docx, out);
	r = export_walk(out->s, path, print_plan_json, out);
	if (r == 0)
		fputs(out->plans ? "\n]\n" : "[]\n", stdout);
	return r;
}

/* @arg may be a path in a mount: what is @wanted is below that. */
static int export_from(const char *arg, const char *wanted, enum format format)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	struct output out = { 0 };
	int r;

	r = cli_find_db(arg, &db, &path);
	if (r == 0)
		r = buf_printf(&path, "/%s", wanted);
	if (r < 0)
		return r;
	r = cli_open_to_read(buf_str(&db), &s);
	if (r < 0)
		return r;
	if (format == FORMAT_DOCX && !names_a_plan(buf_str(&path))) {
		log_err("%s: not one plan; a Word document holds one", wanted[0] ? wanted : arg);
		return -ENOENT;
	}
	out = (struct output){ .s = s, .headings = !names_a_plan(buf_str(&path)) };
	r = write_plans(&out, buf_str(&path), format);
	if (r == -EINVAL || r == -ENOTDIR) {
		log_err("%s: neither a year nor a district nor a plan", wanted[0] ? wanted : arg);
		return -ENOENT;
	}
	if (r < 0 && r != -EPIPE)
		log_err("%s: %s", wanted[0] ? wanted : arg, strerror(-r));
	return r;
}

int cmd_export(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, FORMAT_JSON },
		{ "txt", no_argument, NULL, FORMAT_TXT }, { "md", no_argument, NULL, FORMAT_MD },
		{ "docx", no_argument, NULL, FORMAT_DOCX }, { 0 } };
	enum format format = FORMAT_NONE;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		if (format != FORMAT_NONE && (int)format != r)
			return cli_usage_error("only one of --json, --txt, --md and --docx");
		format = (enum format)r;
	}
	r = cli_expect_args(argc, 1, 2);
	if (r != CLI_OK)
		return r;
	if (format == FORMAT_NONE)
		return cli_usage_error("--json, --txt, --md or --docx?");
	if (format == FORMAT_DOCX && isatty(STDOUT_FILENO))
		return cli_usage_error("a Word document goes to a file: add '> PLAN.docx'");
	return (int)cli_exit_code(
		export_from(argv[optind], argc - optind > 1 ? argv[optind + 1] : "", format));
}
