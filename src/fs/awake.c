/*
 * Keeping idle cores awake while requests come in a row. A core that sleeps needs 30 to 100 µs to wake up (measured
 * on virtual machines), which is several times what a request costs; the kernel lets the super-user forbid deep
 * sleep through /dev/cpu_dma_latency (Documentation/power/pm_qos_interface), which the daemon opens before it
 * gives its privileges up. Without it everything works, slower.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	ROW = 16, /* requests, each soon after the one before, that make a burst */
	SOON_NS =
		500000, /* the program that asks must have had time to do something with the answer */
	ANY_LATENCY = 2000000000, /* µs: the default of the kernel */
};

static void allow_latency(struct awake *a, int32_t us)
{
	if (write(a->fd, &us, sizeof(us)) < 0)
		log_dbg("cores sleep as they like: %s", strerror(errno));
}

void awake_request(struct awake *a)
{
	int64_t now;

	if (a->fd < 0 || a->is_awake)
		return;
	now = clock_now();
	a->row = now - a->last < SOON_NS ? a->row + 1 : 0;
	a->last = now;
	a->is_awake = a->row >= ROW;
	if (a->is_awake)
		allow_latency(a, 0);
}

void awake_end(struct awake *a)
{
	if (a->is_awake)
		allow_latency(a, ANY_LATENCY);
	a->is_awake = false;
	a->row = 0;
}
