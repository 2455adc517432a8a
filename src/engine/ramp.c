#include "engine/ramp.h"

/* What was accepted counts for one to two windows. */
static const int64_t window_ns = 10000000000;
static const double grow_below = 1.0 / 8, grow_above = 1.0 / 64;
/* weight of the newest answer in the share of refusals: about the last 32 */
static const double newest = 1.0 / 32;
static const double too_many = 0.5;

void ramp_init(struct ramp *r, unsigned max)
{
	*r = (struct ramp){ .max = max ? max : 1 };
	r->width = r->ceiling = r->max;
}

static unsigned accepted(const struct ramp *r)
{
	return r->peak > r->peak_old ? r->peak : r->peak_old;
}

void ramp_began(struct ramp *r, int64_t now_ns)
{
	if (!r->first_ns)
		r->first_ns = r->window_ns = now_ns;
	r->open++;
}

static void turn(struct ramp *r, int64_t now_ns)
{
	if (now_ns - r->window_ns < window_ns)
		return;
	r->peak_old = now_ns - r->window_ns < 2 * window_ns ? r->peak : 0;
	r->peak = 0;
	/* what held a window ago need not hold now */
	if (!r->fell)
		r->ceiling = r->max;
	r->fell = false;
	r->window_ns = now_ns;
}

static void fall(struct ramp *r, double to)
{
	r->fell = true;
	if (to >= r->width)
		return;
	r->width = r->ceiling = to < 1 ? 1 : to;
	r->refused = 0;
}

static void shrink(struct ramp *r)
{
	r->refused += (1 - r->refused) * newest;
	if (r->open > accepted(r)) {
		fall(r, r->open - 1);
	} else if (r->refused > too_many) {
		fall(r, r->width / 2);
		r->peak = r->peak_old = (unsigned)r->width;
	}
}

static void grow(struct ramp *r)
{
	r->refused -= r->refused * newest;
	if (r->open > r->peak)
		r->peak = r->open;
	/* nothing is learned about a width that is not used */
	if (accepted(r) + 1 >= r->width * 7 / 8)
		r->width += r->width < r->ceiling ? grow_below : grow_above;
	if (r->width > r->max)
		r->width = r->max;
}

void ramp_ended(struct ramp *r, bool refused, int64_t now_ns)
{
	turn(r, now_ns);
	if (refused)
		shrink(r);
	else
		grow(r);
	if (r->open)
		r->open--;
}

unsigned ramp_width(const struct ramp *r, int64_t now_ns)
{
	double since_s = r->first_ns ? (double)(now_ns - r->first_ns) / 1e9 : 0;
	double allowed = RAMP_BURST + since_s * RAMP_PER_10S / 10;
	double width = r->width < allowed ? r->width : allowed;

	return width < 1 ? 1 : (unsigned)width;
}
