/* Rows of SQL on stdout: as the sqlite3 shell prints them, but for CSV (RFC 4180) and BLOBs in JSON (hexadecimal). */
#include "cli_priv.h"

#include "planfs/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const mode_names[] = { "list", "csv", "json", "tabs" };

bool sql_mode_find(const char *name, enum sql_mode *ret_mode)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(mode_names); i++)
		if (strcmp(mode_names[i], name) == 0) {
			*ret_mode = (enum sql_mode)i;
			return true;
		}
	return false;
}

static void print_csv(const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && !strchr(",\"\r\n", data[i]); i++)
		;
	if (i == len && (len == 0 || (data[0] != ' ' && data[len - 1] != ' '))) {
		fwrite(data, 1, len, stdout);
		return;
	}
	putchar('"');
	for (i = 0; i < len; i++) {
		if (data[i] == '"')
			putchar('"');
		putchar(data[i]);
	}
	putchar('"');
}

static void print_plain(const struct sql_output *out, const char *data, size_t len, bool is_first)
{
	if (!is_first)
		putchar(out->mode == SQL_CSV ? ',' : out->mode == SQL_TABS ? '\t' : '|');
	if (out->mode == SQL_CSV)
		print_csv(data, len);
	else
		fwrite(data, 1, len, stdout);
}

static void end_line(const struct sql_output *out)
{
	fputs(out->mode == SQL_CSV ? "\r\n" : "\n", stdout);
}

static int print_json_text(const char *data, size_t len)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	int r = json_add_text(&b, data, len);

	if (r == 0)
		fwrite(b.data, 1, b.len, stdout);
	return r;
}

static int print_json_value(const struct shell_value *v)
{
	size_t i;

	switch (v->type) {
	case SHELL_NULL:
		fputs("null", stdout);
		return 0;
	case SHELL_INTEGER:
		fputs(v->data, stdout);
		return 0;
	case SHELL_REAL: /* JSON has no infinity, but numbers that are read as it */
		fputs(strcmp(v->data, "Inf") == 0      ? "1e999"
			: strcmp(v->data, "-Inf") == 0 ? "-1e999"
						       : v->data,
			stdout);
		return 0;
	case SHELL_BLOB:
		putchar('"');
		for (i = 0; i < v->len; i++)
			printf("%02x", (unsigned)(unsigned char)v->data[i]);
		putchar('"');
		return 0;
	default:
		return print_json_text(v->data, v->len);
	}
}

static int print_json_row(struct sql_output *out, const struct shell_row *row)
{
	size_t i;
	int r = 0;

	fputs(row->is_first ? "[{" : ",\n{", stdout);
	for (i = 0; i < row->n && r == 0; i++) {
		if (i > 0)
			putchar(',');
		r = print_json_text(row->names[i], strlen(row->names[i]));
		putchar(':');
		if (r == 0)
			r = print_json_value(&row->values[i]);
	}
	putchar('}');
	out->in_array = true;
	return r;
}

static void print_header(const struct sql_output *out, const struct shell_row *row)
{
	size_t i;

	for (i = 0; i < row->n; i++)
		print_plain(out, row->names[i], strlen(row->names[i]), i == 0);
	end_line(out);
}

int sql_print_row(void *arg, const struct shell_row *row)
{
	struct sql_output *out = arg;
	size_t i;
	int r = 0;

	if (out->mode == SQL_JSON) {
		r = print_json_row(out, row);
	} else {
		if (row->is_first && out->header)
			print_header(out, row);
		for (i = 0; i < row->n; i++)
			print_plain(out, row->values[i].data, row->values[i].len, i == 0);
		end_line(out);
	}
	return r < 0 ? r : ferror(stdout) ? -EPIPE : 0;
}

void sql_print_end(struct sql_output *out)
{
	if (out->in_array)
		fputs("]\n", stdout);
	out->in_array = false;
}
