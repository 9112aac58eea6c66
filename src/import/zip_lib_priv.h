/*
 * libzip, loaded when a Word document is met for the first time. Linked, it and the libraries behind it (libcrypto has thousands
 * of addresses that the loader must set) would be loaded by every command, and take half of the time in which a short one is done.
 */
#pragma once

#include "planfs/attr.h"

#include <zip.h>

/* Functions of zip.h, without their prefix. */
struct zip_lib {
	__typeof__(zip_close) *close;
	__typeof__(zip_discard) *discard;
	__typeof__(zip_error_fini) *error_fini;
	__typeof__(zip_error_init) *error_init;
	__typeof__(zip_fclose) *fclose;
	__typeof__(zip_file_add) *file_add;
	__typeof__(zip_fopen) *fopen;
	__typeof__(zip_fread) *fread;
	__typeof__(zip_open_from_source) *open_from_source;
	__typeof__(zip_source_buffer) *source_buffer;
	__typeof__(zip_source_buffer_create) *source_buffer_create;
	__typeof__(zip_source_close) *source_close;
	__typeof__(zip_source_free) *source_free;
	__typeof__(zip_source_keep) *source_keep;
	__typeof__(zip_source_open) *source_open;
	__typeof__(zip_source_read) *source_read;
	__typeof__(zip_stat) *stat;
};

/* Returns 0 and *ret_lib, valid for ever, or -ELIBACC when the library is not there; the log says why. */
int zip_lib_get(const struct zip_lib **ret_lib) MUST_CHECK;
