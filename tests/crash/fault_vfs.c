/* A file system for SQLite that hands everything on to the real one, but for the faults of fault.h. */
#include "fault.h"

#include <string.h>

struct fault_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct, in the same piece of memory */
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct fault_file *)f)->real;
}

static int on_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int on_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at)
{
	if (fault_hits(FAULT_READ))
		return SQLITE_IOERR_READ;
	return real_of(f)->pMethods->xRead(real_of(f), data, len, at);
}

/* Returns SQLITE_OK when the operation may go on, or how it fails: @full when there is no space. */
static int output_fault(int failed, int full)
{
	enum fault_kind kind;

	if (!fault_hits_output(&kind))
		return SQLITE_OK;
	return kind == FAULT_EIO ? failed : full;
}

static int on_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(f);
	enum fault_kind kind;

	if (!fault_hits_output(&kind))
		return real->pMethods->xWrite(real, data, len, at);
	if (kind == FAULT_EIO)
		return SQLITE_IOERR_WRITE;
	if (kind == FAULT_SHORT && real->pMethods->xWrite(real, data, len / 2, at) != SQLITE_OK)
		return SQLITE_IOERR_WRITE;
	return SQLITE_FULL;
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = output_fault(SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_TRUNCATE);

	return rc ? rc : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

/* What is synced is not looked at here: a process that dies loses nothing that it wrote. */
static int on_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	return output_fault(SQLITE_IOERR_FSYNC, SQLITE_IOERR_FSYNC);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret_size);
}

static int on_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int on_check_lock(sqlite3_file *f, int *ret_locked)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret_locked);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int on_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int on_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int on_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **ret_at)
{
	int rc = extend ? output_fault(SQLITE_IOERR_SHMMAP, SQLITE_IOERR_SHMSIZE) : SQLITE_OK;

	return rc ? rc : real_of(f)->pMethods->xShmMap(real_of(f), region, size, extend, ret_at);
}

static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int on_shm_unmap(sqlite3_file *f, int remove)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_traits,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int on_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct fault_file *f = (struct fault_file *)file;
	int rc = output_fault(SQLITE_CANTOPEN, SQLITE_FULL);

	(void)vfs;
	*f = (struct fault_file){ .real = (sqlite3_file *)(f + 1) };
	if (rc != SQLITE_OK)
		return rc;
	rc = real_vfs->xOpen(real_vfs, name, f->real, flags, ret_flags);
	if (f->real->pMethods)
		f->base.pMethods = &methods;
	return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	int rc = output_fault(SQLITE_IOERR_DELETE, SQLITE_IOERR_DELETE);

	(void)vfs;
	return rc ? rc : real_vfs->xDelete(real_vfs, name, sync);
}

void fault_vfs_register(void)
{
	static sqlite3_vfs vfs;

	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "fault";
	vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
	vfs.xOpen = on_open;
	vfs.xDelete = on_delete;
	sqlite3_vfs_register(&vfs, 1);
}
