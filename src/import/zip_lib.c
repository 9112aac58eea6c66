/* Loading libzip; see zip_lib_priv.h. */
#include "zip_lib_priv.h"

#include "planfs/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define FUNCTION(name)                                                                             \
	{                                                                                          \
		"zip_" #name, offsetof(struct zip_lib, name)                                       \
	}

static const struct {
	const char name[32];
	size_t place;
} functions[] = { FUNCTION(close), FUNCTION(discard), FUNCTION(error_fini), FUNCTION(error_init),
	FUNCTION(fclose), FUNCTION(file_add), FUNCTION(fopen), FUNCTION(fread),
	FUNCTION(open_from_source), FUNCTION(source_buffer), FUNCTION(source_buffer_create),
	FUNCTION(source_close), FUNCTION(source_free), FUNCTION(source_keep), FUNCTION(source_open),
	FUNCTION(source_read), FUNCTION(stat) };

static struct zip_lib lib;
static int result;

static void load(void)
{
	/* its name with the number of its interface, found when planfs was built */
	void *handle = dlopen(LIBZIP_NAME, RTLD_NOW | RTLD_LOCAL);
	size_t i;

	for (i = 0; i < ARRAY_LEN(functions) && handle; i++) {
		void *f = dlsym(handle, functions[i].name);

		if (!f)
			break;
		memcpy((char *)&lib + functions[i].place, &f, sizeof(f));
	}
	if (handle && i == ARRAY_LEN(functions))
		return;
	log_err("cannot load libzip: %s", dlerror());
	result = -ELIBACC;
}

int zip_lib_get(const struct zip_lib **ret_lib)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (result == 0)
		*ret_lib = &lib;
	return result;
}
