#include "planfs/array.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_array_grows_and_keeps_what_it_holds(void **state)
{
	int64_t *numbers = NULL;
	size_t n = 0, capacity = 0, i;

	(void)state;
	for (n = 0; n < 1000; n++) {
		assert_int_equal(array_grow(&numbers, n, &capacity, sizeof(*numbers)), 0);
		assert_true(capacity > n);
		numbers[n] = (int64_t)(n * n);
	}
	assert_true(capacity <= 2 * n);
	for (i = 0; i < n; i++)
		assert_int_equal(numbers[i], i * i);
	free(numbers);
}

static void an_array_that_has_room_stays_where_it_is(void **state)
{
	char room[4], *items = room;
	size_t capacity = 4;

	(void)state;
	assert_int_equal(array_grow(&items, 3, &capacity, 1), 0);
	assert_ptr_equal(items, room);
	assert_int_equal(capacity, 4);
}

static void one_that_cannot_grow_is_left_as_it_was(void **state)
{
	char *items = malloc(1), *before = items;
	size_t capacity = SIZE_MAX / 4;

	(void)state;
	assert_non_null(items);
	assert_int_equal(array_grow(&items, capacity, &capacity, 8), -ENOMEM);
	assert_ptr_equal(items, before);
	assert_int_equal(capacity, SIZE_MAX / 4);
	free(items);
}

static void a_copy_ends_where_it_is_told(void **state)
{
	char *copy = text_dup("教育局", 6), *empty = text_dup(NULL, 0);

	(void)state;
	assert_string_equal(copy, "教育");
	assert_string_equal(empty, "");
	free(copy);
	free(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_grows_and_keeps_what_it_holds),
		cmocka_unit_test(an_array_that_has_room_stays_where_it_is),
		cmocka_unit_test(one_that_cannot_grow_is_left_as_it_was),
		cmocka_unit_test(a_copy_ends_where_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
