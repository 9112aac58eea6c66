/*
 * A note of the requests that changed names last, written with the change itself: a kernel that sends a request
 * again, because the daemon died before it answered, must not have it done twice.
 */
#include "store_priv.h"

/* Requests are numbered by twos; as many are under way at the same time as there are places. */
static int64_t slot_of(uint64_t request)
{
	return (int64_t)(request / 2 % 1024);
}

int note_request(struct store *s, uint64_t number)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(&s->writer, SQL_REQUEST_NOTE);

	sqlite3_bind_int64(st, 1, slot_of(number));
	sqlite3_bind_int64(st, 2, s->session);
	sqlite3_bind_int64(st, 3, (int64_t)number);
	return stmt_run(st, "note a request");
}

int store_request_is_done(struct store *s, uint64_t number)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_REQUEST_DONE);

		sqlite3_bind_int64(st, 1, slot_of(number));
		sqlite3_bind_int64(st, 2, s->session);
		sqlite3_bind_int64(st, 3, (int64_t)number);
		r = stmt_row(st, "look for a request");
		if (r > 0)
			r = sqlite3_column_int(st, 0);
	}
	reader_put(s, c);
	return r;
}
