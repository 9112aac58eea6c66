/* planfs show: a text as it was. */
#include "cli_place_priv.h"

#include <stdio.h>

static int show(struct place_base *b, const char *arg)
{
	CLEANUP(place_done) struct place p = { 0 };
	CLEANUP(past_done) struct past past = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	int r;

	r = place_find(b, arg, true, &p);
	if (r == CLI_OK)
		r = place_look(b, &p, arg, &past);
	if (r == CLI_OK)
		r = past_read(b, &past, arg, &text);
	if (r != CLI_OK)
		return r;
	if (text.len > 0)
		fwrite(text.data, 1, text.len, stdout);
	return CLI_OK;
}

int cmd_show(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	CLEANUP(place_base_done) struct place_base b = { 0 };
	int r;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	r = place_base_open(argc, argv, 1, 1, false, &b);
	return r != CLI_OK ? r : show(&b, argv[optind]);
}
