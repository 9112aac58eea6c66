/*
 * Runs a target on files instead of on what a fuzzer thinks up: what was found once stays mended, with every
 * compiler and sanitizer.
 *
 *   replay FILE|DIRECTORY...
 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static unsigned done;

static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long len;

	MUST(f && fseek(f, 0, SEEK_END) == 0);
	len = ftell(f);
	rewind(f);
	data = malloc((size_t)len + 1); /* exactly as long as the input, but for an empty one */
	data = data ? realloc(data, len ? (size_t)len : 1) : NULL;
	MUST(data && fread(data, 1, (size_t)len, f) == (size_t)len);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)len);
	free(data);
	done++;
}

static void run(const char *path)
{
	struct dirent **entries;
	struct stat st;
	char name[4096];
	int i, n;

	if (stat(path, &st) < 0)
		return; /* a target without findings has no directory */
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	n = scandir(path, &entries, NULL, alphasort);
	MUST(n >= 0);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run(name);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		run(argv[i]);
	printf("%u inputs\n", done);
	return 0;
}
