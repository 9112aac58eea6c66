/* planfs/buf.h */
#include "planfs/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void empty_buffer_reads_as_empty_string(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_done(&b);
}

static void appended_text_ends_with_nul(void **state)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(buf_printf(&b, "%03d", i), 0);
	assert_int_equal(b.len, 3000);
	assert_int_equal(strlen(buf_str(&b)), 3000);
	assert_memory_equal(b.data + 2997, "999", 3);
}

static void writing_behind_the_end_fills_the_gap_with_zeros(void **state)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_add_str(&b, "ab"), 0);
	assert_int_equal(buf_write(&b, 5, "c", 1), 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "ab\0\0\0c", 7);
}

static void shrinking_and_growing_again_reads_zeros(void **state)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_add_str(&b, "secret"), 0);
	assert_int_equal(buf_resize(&b, 1), 0);
	assert_int_equal(buf_resize(&b, 6), 0);
	assert_memory_equal(b.data, "s\0\0\0\0\0", 7);
}

static void stolen_contents_leave_an_empty_buffer(void **state)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	CLEANUP(buf_done) struct buf c = { 0 };

	(void)state;
	assert_int_equal(buf_add_str(&b, "text"), 0);
	c = buf_steal(&b);
	assert_null(b.data);
	assert_string_equal(buf_str(&c), "text");
}

static void absurd_sizes_are_refused_and_leave_the_buffer(void **state)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_add_str(&b, "text"), 0);
	assert_int_equal(buf_reserve(&b, SIZE_MAX - 1), -ENOMEM);
	assert_int_equal(buf_write(&b, SIZE_MAX - 1, "x", 1), -ENOMEM);
	assert_string_equal(buf_str(&b), "text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_buffer_reads_as_empty_string),
		cmocka_unit_test(appended_text_ends_with_nul),
		cmocka_unit_test(writing_behind_the_end_fills_the_gap_with_zeros),
		cmocka_unit_test(shrinking_and_growing_again_reads_zeros),
		cmocka_unit_test(stolen_contents_leave_an_empty_buffer),
		cmocka_unit_test(absurd_sizes_are_refused_and_leave_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
