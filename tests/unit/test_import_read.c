/* planfs/import.h */
#include "planfs/import.h"

#include "planfs/name.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define PLAN                                                                                                                 \
	"合肥市教育局2016年工作要点\n\n2016年,全市教育工作要坚持稳中求进,努力提高质量。\n\n" \
	"一、德育\n\n抓好养成教育。\n\n二、安全\n\n抓好防溺水教育。\n"

static char dir[] = "/tmp/planfs-import-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/plan.txt", dir);
	unlink(path);
	return rmdir(dir);
}

static struct import parse(const char *text, const struct import_options *options)
{
	struct import im = { 0 };
	struct import_error error;

	if (import_parse("计划.txt", text, strlen(text), options, &im, &error) < 0)
		fail_msg("%s", error.text);
	return im;
}

static void a_document_is_a_list_of_files_with_plan_json_last(void **state)
{
	static const char *const names[] = { "00-前言.txt", "01-德育.txt", "02-安全.txt",
		NAME_METADATA };
	CLEANUP(import_done) struct import im = parse(PLAN, NULL);
	size_t i;

	(void)state;
	assert_int_equal(im.n_plans, 1);
	assert_string_equal(im.plans[0].year, "2016");
	assert_string_equal(im.plans[0].district, "合肥市");
	assert_string_equal(im.plans[0].dir, "合肥市教育局2016年工作要点");
	assert_int_equal(im.plans[0].n_files, ARRAY_LEN(names));
	for (i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(im.plans[0].files[i].name, names[i]);
	assert_string_equal(im.plans[0].files[1].data, "一、德育\n\n抓好养成教育。\n");
	assert_int_equal(im.plans[0].files[1].len, strlen(im.plans[0].files[1].data));
}

static void plan_json_says_where_a_plan_comes_from(void **state)
{
	struct import_options options = { .time = "2026-11-21T10:15:02+08:00" };
	CLEANUP(import_done)
	struct import im = parse(
		"计划大全\n手机阅读\n计划篇一\n" PLAN "下载此文档\n计划篇二\n" PLAN, &options);
	CLEANUP(buf_done) struct buf wanted = { 0 };
	CLEANUP(buf_done) struct buf sketch = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(im.n_plans, 2);
	for (i = 0; i < SKETCH_VALUES; i++)
		assert_int_equal(
			buf_printf(&sketch, "%08x", (unsigned)im.plans[0].sketch.values[i]), 0);
	assert_int_equal(buf_printf(&wanted,
				 "{\n"
				 "  \"title\": \"合肥市教育局2016年工作要点\",\n"
				 "  \"kind\": \"要点\",\n"
				 "  \"source\": {\n"
				 "    \"file\": \"计划.txt\",\n"
				 "    \"hash\": \"%s\",\n"
				 "    \"collection\": \"计划大全\",\n"
				 "    \"number\": 1,\n"
				 "    \"line\": 3\n"
				 "  },\n"
				 "  \"hash\": \"%s\",\n"
				 "  \"sketch\": \"%s\",\n"
				 "  \"imported\": \"2026-11-21T10:15:02+08:00\",\n"
				 "  \"dropped\": 1,\n"
				 "  \"truncated\": false\n"
				 "}\n",
				 im.hash, im.plans[0].hash, sketch.data),
		0);
	assert_string_equal(im.plans[0].json, wanted.data);
}

static void equal_texts_have_equal_hashes_whatever_noise_is_around(void **state)
{
	CLEANUP(import_done) struct import plain = parse(PLAN, NULL);
	CLEANUP(import_done) struct import noisy = parse("手机阅读\n" PLAN "-->\n", NULL);
	CLEANUP(import_done) struct import other = parse(PLAN "三、其他\n", NULL);

	(void)state;
	assert_int_equal(strlen(plain.hash), IMPORT_HASH_CHARS);
	assert_string_equal(plain.hash, noisy.hash);
	assert_string_equal(plain.plans[0].hash, noisy.plans[0].hash);
	assert_string_not_equal(plain.hash, other.hash);
}

static void the_report_is_json_with_all_that_was_dropped(void **state)
{
	CLEANUP(import_done)
	struct import im = parse("手机阅读\n" PLAN "开云KY官方登录入口 招生。\n", NULL);
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *json;

	(void)state;
	assert_int_equal(import_report_json(&im, &text), 0);
	json = json_loads(text.data, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "encoding")), "UTF-8");
	assert_int_equal(json_array_size(json_object_get(json, "plans")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "dropped")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "repairs")), 1);
	json_decref(json);
}

static void a_file_name_that_is_not_utf8_does_not_spoil_plan_json(void **state)
{
	CLEANUP(import_done) struct import im = { 0 };
	struct import_error error;
	json_t *json;

	(void)state;
	assert_int_equal(import_parse("\xC6\xBB.txt", PLAN, strlen(PLAN), NULL, &im, &error), 0);
	json = json_loads(im.plans[0].json, 0, NULL);
	assert_non_null(json);
	json_decref(json);
}

/* ---- files ---- */

static int read_path(const char *path, struct import_error *ret_error)
{
	CLEANUP(import_done) struct import im = { 0 };

	return import_read(path, NULL, &im, ret_error);
}

static void a_file_is_read(void **state)
{
	struct import_error error;
	char path[256];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/plan.txt", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(PLAN, f);
	fclose(f);
	assert_int_equal(read_path(path, &error), 0);
}

static void what_is_no_regular_file_is_einval(void **state)
{
	struct import_error error;
	char path[256];

	(void)state;
	assert_int_equal(read_path(dir, &error), -EINVAL);
	assert_non_null(strstr(error.text, "not a regular file"));
	assert_int_equal(read_path("/dev/zero", &error), -EINVAL);
	snprintf(path, sizeof(path), "%s/plan.txt", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_path(path, &error), -EINVAL);
}

static void a_missing_file_is_enoent_and_named(void **state)
{
	struct import_error error;

	(void)state;
	assert_int_equal(read_path("/nowhere/计划.txt", &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nowhere/计划.txt"));
}

static void an_empty_file_is_enodata(void **state)
{
	struct import_error error;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/plan.txt", dir);
	fclose(fopen(path, "w"));
	assert_int_equal(read_path(path, &error), -ENODATA);
	assert_non_null(strstr(error.text, "empty"));
}

static void a_file_that_is_too_large_is_efbig(void **state)
{
	struct import_error error;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/plan.txt", dir);
	fclose(fopen(path, "w"));
	assert_int_equal(truncate(path, (off_t)IMPORT_BYTES_MAX + 1), 0);
	assert_int_equal(read_path(path, &error), -EFBIG);
}

static void an_empty_import_can_be_released(void **state)
{
	struct import im = { 0 };

	(void)state;
	import_done(&im);
	import_done(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_a_list_of_files_with_plan_json_last),
		cmocka_unit_test(plan_json_says_where_a_plan_comes_from),
		cmocka_unit_test(equal_texts_have_equal_hashes_whatever_noise_is_around),
		cmocka_unit_test(the_report_is_json_with_all_that_was_dropped),
		cmocka_unit_test(a_file_name_that_is_not_utf8_does_not_spoil_plan_json),
		cmocka_unit_test_setup_teardown(a_file_is_read, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			what_is_no_regular_file_is_einval, make_dir, remove_dir),
		cmocka_unit_test(a_missing_file_is_enoent_and_named),
		cmocka_unit_test_setup_teardown(an_empty_file_is_enodata, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_too_large_is_efbig, make_dir, remove_dir),
		cmocka_unit_test(an_empty_import_can_be_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
