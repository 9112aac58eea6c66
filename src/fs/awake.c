/*
 * Keeping idle cores awake while requests come in a row. A core that sleeps needs 30 to 100 µs to wake up (measured
 * on virtual machines), which is several times what a request costs; the kernel lets the super-user forbid deep
 * sleep through /dev/cpu_dma_latency for as long as he keeps it open (Documentation/power/pm_qos_interface).
 * Without that right everything works, slower.
 */
#include "fs_priv.h"

#include <fcntl.h>
#include <unistd.h>

enum {
	ROW = 16, /* requests, each soon after the one before, that make a burst */
	SOON_NS =
		500000 /* the program that asks must have had time to do something with the answer */
};

void awake_request(struct awake *a)
{
	const int32_t no_latency = 0;
	int64_t now;

	if (a->fd >= 0 || a->refused)
		return;
	now = clock_now();
	a->row = now - a->last < SOON_NS ? a->row + 1 : 0;
	a->last = now;
	if (a->row < ROW)
		return;
	a->fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	if (a->fd >= 0 && write(a->fd, &no_latency, sizeof(no_latency)) < 0)
		awake_end(a);
	a->refused = a->fd < 0;
}

void awake_end(struct awake *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->row = 0;
}
