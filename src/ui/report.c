/*
 * The timeline is an SVG: a row for each place of an engine, a bar for each thunk. Where there
 * are thousands, bars too thin to be seen are drawn as one path per row, so that the page stays
 * small; the longest ones keep a bar with a tooltip.
 *
 * The critical path is walked back from the thunk that ended last, each time to the one whose
 * output it waited for.
 */
#include "ui/report.h"

#include <string.h>

#include "ui/text.h"

enum {
	CHART_WIDTH = 1000, /* units of the SVG's own coordinates */
	ROW_HEIGHT = 18,
	ROW_GAP = 4,
	AXIS_HEIGHT = 22,
	BARS_MAX = 2500, /* with a tooltip each */
	SLOWEST_SHOWN = 30,
	PATH_SHOWN = 60,
	FAILURES_SHOWN = 50,
	RETRIES_SHOWN = 50,
	ROWS_MAX = 400,
	TICKS = 10,
};

struct row {
	const char *engine;
	uint32_t lane;
};

struct page {
	const struct record *r;
	struct buf *out;
	struct row *rows; /* owned; sorted by engine, lane */
	size_t n_rows;
	uint32_t *by_time; /* owned; thunks, longest first */
	bool *on_path;     /* owned; of the critical path */
	int64_t span_ns;   /* what the timeline shows */
};

static int64_t end_of(const struct page *p, const struct record_thunk *t)
{
	return t->ended_ns ? t->ended_ns : p->r->wall_ns;
}

static int64_t took(const struct page *p, const struct record_thunk *t)
{
	int64_t d = end_of(p, t) - t->started_ns;

	return d > 0 ? d : 0;
}

static const char *name_of(const struct record_thunk *t)
{
	return *t->label ? t->label : t->id.s;
}

/* -- small pieces -- */

static void add_duration(struct page *p, int64_t ns)
{
	text_duration(p->out, ns);
}

static void add_card(struct page *p, const char *title, const char *value, const char *note)
{
	buf_addf(p->out, "<div class=\"card\"><div class=\"k\">%s</div><div class=\"v\">",
	         title);
	text_html(p->out, value);
	buf_adds(p->out, "</div><div class=\"n\">");
	text_html(p->out, note);
	buf_adds(p->out, "</div></div>\n");
}

static void add_cell(struct page *p, const char *class, const char *text)
{
	buf_addf(p->out, "<td class=\"%s\">", class);
	text_html(p->out, text);
	buf_adds(p->out, "</td>");
}

static void add_time_cell(struct page *p, int64_t ns)
{
	buf_adds(p->out, "<td class=\"num\">");
	add_duration(p, ns);
	buf_adds(p->out, "</td>");
}

static void add_count_cell(struct page *p, uint64_t n)
{
	buf_addf(p->out, "<td class=\"num\">%llu</td>", (unsigned long long)n);
}

static void add_heading(struct page *p, const char *id, const char *title)
{
	buf_addf(p->out, "<h2 id=\"%s\">%s</h2>\n", id, title);
}

static void begin_table(struct page *p, const char *heads)
{
	buf_addf(p->out, "<div class=\"scroll\"><table><thead><tr>%s</tr></thead><tbody>\n",
	         heads);
}

static void end_table(struct page *p)
{
	buf_adds(p->out, "</tbody></table></div>\n");
}

static void say_more(struct page *p, size_t shown, size_t all)
{
	if (all > shown)
		buf_addf(p->out, "<p class=\"n\">and %zu more</p>\n", all - shown);
}

/* -- rows and order -- */

static int by_row(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	int order = strcmp(x->engine, y->engine);

	if (order)
		return order;
	return x->lane < y->lane ? -1 : x->lane > y->lane;
}

static void find_rows(struct page *p)
{
	size_t n = 0;

	p->rows = xcalloc(p->r->n_thunks + 1, sizeof(*p->rows));
	for (size_t i = 0; i < p->r->n_thunks; i++)
		if (p->r->thunks[i].tries)
			p->rows[n++] =
				(struct row){ p->r->thunks[i].engine, p->r->thunks[i].lane };
	if (n)
		qsort(p->rows, n, sizeof(*p->rows), by_row);
	for (size_t i = 0; i < n; i++)
		if (p->n_rows == 0 || by_row(&p->rows[p->n_rows - 1], &p->rows[i]) != 0)
			p->rows[p->n_rows++] = p->rows[i];
}

static size_t row_of(const struct page *p, const struct record_thunk *t)
{
	const struct row key = { t->engine, t->lane };
	const struct row *at = bsearch(&key, p->rows, p->n_rows, sizeof(*p->rows), by_row);

	return at ? (size_t)(at - p->rows) : ROWS_MAX;
}

static int by_duration(const void *a, const void *b, void *arg)
{
	const struct page *p = arg;
	int64_t x = took(p, &p->r->thunks[*(const uint32_t *)a]);
	int64_t y = took(p, &p->r->thunks[*(const uint32_t *)b]);

	if (x != y)
		return x < y ? 1 : -1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void sort_thunks(struct page *p)
{
	size_t n = p->r->n_thunks;

	p->by_time = xcalloc(n + 1, sizeof(*p->by_time));
	for (size_t i = 0; i < n; i++)
		p->by_time[i] = (uint32_t)i;
	if (n)
		qsort_r(p->by_time, n, sizeof(*p->by_time), by_duration, p);
}

/* 1 + the thunk that ended last; 0: none ran. */
static uint32_t last_thunk(const struct page *p)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < p->r->n_thunks; i++)
		if (p->r->thunks[i].tries &&
		    (last == 0 ||
		     end_of(p, &p->r->thunks[i]) > end_of(p, &p->r->thunks[last - 1])))
			last = i + 1;
	return last;
}

static void mark_path(struct page *p)
{
	p->on_path = xcalloc(p->r->n_thunks + 1, sizeof(*p->on_path));
	for (uint32_t at = last_thunk(p); at && !p->on_path[at - 1];
	     at = p->r->thunks[at - 1].after)
		p->on_path[at - 1] = true;
}

/* -- the parts -- */

static void add_summary(struct page *p)
{
	const struct record_counts *c = &p->r->counts;
	uint64_t known = c->modelled + c->delegated;
	auto_buf v = BUF_INIT;
	auto_buf n = BUF_INIT;

	buf_adds(p->out, "<div class=\"cards\">\n");
	text_duration(&v, p->r->wall_ns);
	text_duration(&n, c->ran_cpu_ns);
	buf_adds(&n, " CPU in thunks");
	add_card(p, "elapsed", buf_str(&v), buf_str(&n));
	buf_reset(&v);
	buf_reset(&n);
	buf_addf(&v, "%llu", (unsigned long long)c->commands);
	buf_addf(&n, known ? "%.1f %% became thunks" : "no tool was called",
	         100.0 * (double)c->modelled / (double)(known ? known : 1));
	add_card(p, "commands", buf_str(&v), buf_str(&n));
	buf_reset(&v);
	buf_reset(&n);
	buf_addf(&v, "%llu", (unsigned long long)c->ran);
	text_size(&n, c->made_bytes);
	buf_adds(&n, " made");
	add_card(p, "ran", buf_str(&v), buf_str(&n));
	buf_reset(&v);
	buf_reset(&n);
	buf_addf(&v, "%llu", (unsigned long long)c->remembered);
	text_duration(&n, c->saved_cpu_ns);
	buf_adds(&n, " CPU saved");
	add_card(p, "remembered", buf_str(&v), buf_str(&n));
	buf_reset(&v);
	buf_addf(&v, "%llu", (unsigned long long)c->delegated);
	add_card(p, "ran as they are", buf_str(&v), c->delegated ? "reasons below" : "");
	buf_reset(&v);
	buf_reset(&n);
	buf_addf(&v, "%llu", (unsigned long long)c->failed);
	buf_addf(&n, "%llu tried again", (unsigned long long)c->retried);
	add_card(p, "failed", buf_str(&v), buf_str(&n));
	buf_adds(p->out, "</div>\n");
}

static double x_of(const struct page *p, int64_t ns)
{
	double x = (double)ns / (double)p->span_ns * CHART_WIDTH;

	return x < 0 ? 0 : x > CHART_WIDTH ? CHART_WIDTH : x;
}

static int y_of(size_t row)
{
	return AXIS_HEIGHT + (int)row * (ROW_HEIGHT + ROW_GAP);
}

/* 1, 2 or 5 times a power of ten that gives at most TICKS ticks. */
static int64_t tick_ns(int64_t span_ns)
{
	static const int factors[] = { 1, 2, 5 };
	int64_t power = 1;

	for (;; power *= 10)
		for (size_t i = 0; i < countof(factors); i++)
			if (span_ns / (power * factors[i]) < TICKS)
				return power * factors[i];
}

static void add_axis(struct page *p, int height)
{
	int64_t step = tick_ns(p->span_ns);

	for (int64_t t = 0; t <= p->span_ns; t += step) {
		double x = x_of(p, t);

		buf_addf(p->out,
		         "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
		         x, AXIS_HEIGHT - 4, x, height);
		buf_addf(p->out, "<text class=\"tick\" x=\"%.1f\" y=\"12\"%s>", x,
		         x > CHART_WIDTH * 0.95 ? " text-anchor=\"end\"" : "");
		if (t)
			add_duration(p, t);
		else
			buf_adds(p->out, "0");
		buf_adds(p->out, "</text>\n");
	}
}

static const char *bar_class(const struct page *p, uint32_t i)
{
	const struct record_thunk *t = &p->r->thunks[i];

	if (t->ended_ns && !t->ok)
		return "bar bad";
	if (p->on_path[i])
		return "bar crit";
	return t->tries > 1 ? "bar again" : "bar";
}

static void add_bar(struct page *p, uint32_t i)
{
	const struct record_thunk *t = &p->r->thunks[i];
	double x = x_of(p, t->started_ns);
	double w = x_of(p, end_of(p, t)) - x;

	buf_addf(
		p->out,
		"<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" rx=\"2\">",
		bar_class(p, i), x, y_of(row_of(p, t)), w < 0.6 ? 0.6 : w, ROW_HEIGHT);
	buf_adds(p->out, "<title>");
	text_html(p->out, name_of(t));
	buf_adds(p->out, " (");
	text_html(p->out, t->tool);
	buf_adds(p->out, ") ");
	add_duration(p, took(p, t));
	buf_adds(p->out, " from ");
	add_duration(p, t->started_ns);
	buf_adds(p->out, "</title></rect>\n");
}

static void add_bar_label(struct page *p, uint32_t i)
{
	const struct record_thunk *t = &p->r->thunks[i];
	double x = x_of(p, t->started_ns);
	double w = x_of(p, end_of(p, t)) - x;
	const char *slash = strrchr(name_of(t), '/');
	const char *name = slash ? slash + 1 : name_of(t);

	/* about 6 units a character at this size */
	if ((double)strlen(name) * 6.0 + 6 > w)
		return;
	buf_addf(p->out, "<text class=\"name\" x=\"%.2f\" y=\"%d\">", x + 4,
	         y_of(row_of(p, t)) + 13);
	text_html(p->out, name);
	buf_adds(p->out, "</text>\n");
}

/* Those that have no bar of their own. */
static void add_thin_bars(struct page *p, size_t from)
{
	if (from >= p->r->n_thunks)
		return;
	buf_adds(p->out, "<path class=\"thin\" d=\"");
	for (size_t i = from; i < p->r->n_thunks; i++) {
		const struct record_thunk *t = &p->r->thunks[p->by_time[i]];
		size_t row = row_of(p, t);

		if (t->tries && row < ROWS_MAX)
			buf_addf(p->out, "M%.1f %dv%d", x_of(p, t->started_ns), y_of(row),
			         ROW_HEIGHT);
	}
	buf_adds(p->out, "\"/>\n");
}

static void add_row_names(struct page *p, size_t rows)
{
	buf_addf(p->out, "<div class=\"lanes\" style=\"padding-top:%dpx\">", AXIS_HEIGHT);
	for (size_t i = 0; i < rows; i++) {
		buf_adds(p->out, "<div>");
		text_html(p->out, p->rows[i].engine);
		buf_addf(p->out, " %u</div>", p->rows[i].lane + 1);
	}
	buf_adds(p->out, "</div>\n");
}

static void add_timeline(struct page *p)
{
	size_t rows = p->n_rows < ROWS_MAX ? p->n_rows : ROWS_MAX;
	int height = y_of(rows);
	size_t bars = 0;

	if (rows == 0)
		return;
	add_heading(p, "timeline", "Timeline");
	buf_adds(p->out,
	         "<p class=\"n\"><i class=\"box\"></i> ran <i class=\"box crit\"></i> on "
	         "the critical path <i class=\"box again\"></i> tried again <i "
	         "class=\"box bad\"></i> failed. A row is a place where one thunk runs "
	         "at a time; point at a bar to see which.</p>\n");
	buf_adds(p->out, "<div class=\"chart\">");
	add_row_names(p, rows);
	buf_addf(p->out,
	         "<svg viewBox=\"0 0 %d %d\" height=\"%d\" preserveAspectRatio=\"none\" "
	         "role=\"img\" aria-label=\"timeline\">\n",
	         CHART_WIDTH, height, height);
	add_axis(p, height);
	for (; bars < p->r->n_thunks && bars < BARS_MAX; bars++) {
		const struct record_thunk *t = &p->r->thunks[p->by_time[bars]];

		if (t->tries && row_of(p, t) < ROWS_MAX)
			add_bar(p, p->by_time[bars]);
	}
	add_thin_bars(p, bars);
	for (size_t i = 0; i < bars; i++) {
		const struct record_thunk *t = &p->r->thunks[p->by_time[i]];

		if (t->tries && row_of(p, t) < ROWS_MAX)
			add_bar_label(p, p->by_time[i]);
	}
	buf_adds(p->out, "</svg></div>\n");
	if (p->n_rows > rows)
		buf_addf(p->out, "<p class=\"n\">%zu more places are not shown</p>\n",
		         p->n_rows - rows);
}

static void add_path_row(struct page *p, const struct record_thunk *t,
                         const struct record_thunk *before)
{
	int64_t since = before ? end_of(p, before) : 0;

	buf_adds(p->out, "<tr>");
	add_cell(p, "name", name_of(t));
	add_cell(p, "", t->tool);
	add_time_cell(p, took(p, t));
	add_time_cell(p, t->started_ns > since ? t->started_ns - since : 0);
	add_time_cell(p, end_of(p, t));
	buf_adds(p->out, "</tr>\n");
}

static void add_critical_path(struct page *p)
{
	auto_free uint32_t *path = xcalloc(p->r->n_thunks + 1, sizeof(*path));
	int64_t busy = 0;
	size_t n = 0;

	for (uint32_t at = last_thunk(p); at; at = p->r->thunks[at - 1].after) {
		path[n++] = at - 1;
		busy += took(p, &p->r->thunks[at - 1]);
	}
	if (n == 0)
		return;
	add_heading(p, "path", "Critical path");
	buf_addf(p->out, "<p class=\"n\">%zu thunk%s, each needing the one before: ", n,
	         n == 1 ? "" : "s");
	add_duration(p, busy);
	buf_adds(p->out, " of ");
	add_duration(p, p->r->wall_ns);
	buf_adds(p->out, ". Waiting is what passed since the one before had ended: for a free "
	                 "place, or for the build command to ask.</p>\n");
	begin_table(p, "<th>output</th><th>tool</th><th class=\"num\">took</th><th "
	               "class=\"num\">waited before</th><th class=\"num\">ended at</th>");
	for (size_t i = 0; i < n && i < PATH_SHOWN; i++) {
		size_t at = n - 1 - i;

		add_path_row(p, &p->r->thunks[path[at]],
		             at + 1 < n ? &p->r->thunks[path[at + 1]] : NULL);
	}
	end_table(p);
	say_more(p, PATH_SHOWN, n);
}

static void add_slowest(struct page *p)
{
	size_t n = p->r->n_thunks;

	if (n == 0)
		return;
	int64_t longest = took(p, &p->r->thunks[p->by_time[0]]);
	add_heading(p, "slowest", "Slowest thunks");
	begin_table(p, "<th>output</th><th>tool</th><th class=\"num\">took</th><th></th><th "
	               "class=\"num\">CPU</th><th class=\"num\">queued</th><th>where</th>");
	for (size_t i = 0; i < n && i < SLOWEST_SHOWN; i++) {
		const struct record_thunk *t = &p->r->thunks[p->by_time[i]];
		double share = longest ? (double)took(p, t) / (double)longest * 100 : 0;

		buf_adds(p->out, "<tr>");
		add_cell(p, "name", name_of(t));
		add_cell(p, "", t->tool);
		add_time_cell(p, took(p, t));
		buf_addf(p->out, "<td class=\"share\"><div style=\"width:%.0f%%\"></div></td>",
		         share);
		add_time_cell(p, t->cpu_ns);
		add_time_cell(p, t->started_ns > t->ready_ns ? t->started_ns - t->ready_ns : 0);
		add_cell(p, "", t->engine);
		buf_adds(p->out, "</tr>\n");
	}
	end_table(p);
	say_more(p, SLOWEST_SHOWN, n);
}

static void add_delegations(struct page *p)
{
	if (p->r->n_reasons == 0)
		return;
	add_heading(p, "asis", "Ran as they are");
	buf_adds(p->out,
	         "<p class=\"n\">Commands that no model could be sure of: the real tool "
	         "ran, with the same result as without gg.</p>\n");
	begin_table(p, "<th class=\"num\">times</th><th>reason</th><th>example</th>");
	for (size_t i = 0; i < p->r->n_reasons; i++) {
		buf_adds(p->out, "<tr>");
		add_count_cell(p, p->r->reasons[i].count);
		add_cell(p, "", p->r->reasons[i].text);
		add_cell(p, "code", p->r->reasons[i].example);
		buf_adds(p->out, "</tr>\n");
	}
	end_table(p);
}

/* Failures, or what was tried more than once. */
static void add_troubles(struct page *p, bool failures)
{
	size_t limit = failures ? FAILURES_SHOWN : RETRIES_SHOWN;
	size_t shown = 0;
	size_t all = 0;

	for (size_t i = 0; i < p->r->n_thunks; i++) {
		const struct record_thunk *t = &p->r->thunks[i];

		if (failures ? !t->ended_ns || t->ok : t->tries <= 1)
			continue;
		if (all++ >= limit)
			continue;
		if (shown++ == 0) {
			add_heading(p, failures ? "failed" : "again",
			            failures ? "Failed" : "Tried again");
			begin_table(p, "<th>output</th><th>tool</th><th "
			               "class=\"num\">tries</th><th>why</th><th>where</th>");
		}
		buf_adds(p->out, "<tr>");
		add_cell(p, "name", name_of(t));
		add_cell(p, "", t->tool);
		add_count_cell(p, t->tries);
		add_cell(p, "", t->why);
		add_cell(p, "", t->engine);
		buf_adds(p->out, "</tr>\n");
	}
	if (shown)
		end_table(p);
	say_more(p, limit, all);
}

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c2024;--dim:#687076;--line:#e4e7ea;"
	"--card:#f7f8f9;--bar:#7aa7e0;--crit:#e8912d;--bad:#d64545;--again:#b58ad6;--name:#"
	"10222f}\n"
	"@media (prefers-color-scheme:dark){:root{--bg:#15181b;--fg:#e6e8ea;--dim:#9aa2a9;"
	"--line:#2d3338;--card:#1d2125;--bar:#3f74b5;--crit:#c9761a;--bad:#c43d3d;--again:#"
	"8e62b3;"
	"--name:#f2f5f8}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:28px 32px 60px;max-width:1240px;background:var(--bg);"
	"color:var(--fg);font:14px/1.5 system-ui,-apple-system,\"Segoe UI\",\"DejaVu "
	"Sans\",sans-serif}\n"
	"h1{font-size:22px;margin:0 0 2px;font-weight:600;overflow-wrap:anywhere}\n"
	"h2{font-size:16px;margin:34px 0 6px;font-weight:600}\n"
	".n{color:var(--dim);margin:0 0 10px;font-size:13px}\n"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:10px;"
	"margin-top:18px}\n"
	".card{background:var(--card);border:1px solid "
	"var(--line);border-radius:8px;padding:10px "
	"14px}\n"
	".card .k{color:var(--dim);font-size:12px}.card .v{font-size:22px;font-weight:600}"
	".card .n{margin:0;font-size:12px;min-height:1.5em}\n"
	".scroll{overflow-x:auto}\n"
	"table{border-collapse:collapse;width:100%;font-size:13px}\n"
	"th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);"
	"vertical-align:top}\n"
	"th{color:var(--dim);font-weight:500;white-space:nowrap}\n"
	".num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".name,.code{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;font-size:12px;"
	"overflow-wrap:anywhere;unicode-bidi:isolate}\n"
	".code{color:var(--dim)}\n"
	".share{width:140px;padding-top:9px}.share div{background:var(--bar);height:7px;"
	"border-radius:3px;min-width:1px}\n"
	".chart{display:flex;gap:10px;border:1px solid "
	"var(--line);border-radius:8px;padding:10px;"
	"background:var(--card);max-height:640px;overflow:auto}\n"
	".lanes{font-size:11px;color:var(--dim);white-space:nowrap;text-align:right}\n"
	".lanes div{height:18px;margin-bottom:4px;line-height:18px}\n"
	"svg{flex:1;min-width:720px;display:block}\n"
	".grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}\n"
	".tick{fill:var(--dim);font-size:10px}\n"
	".bar{fill:var(--bar);stroke:var(--card);stroke-width:.5;vector-effect:non-scaling-"
	"stroke}"
	".bar:hover{opacity:.7}\n"
	".crit{fill:var(--crit)}.bad{fill:var(--bad)}.again{fill:var(--again)}\n"
	".thin{stroke:var(--bar);stroke-width:1;vector-effect:non-scaling-stroke;fill:none}\n"
	".bar+text,.name{pointer-events:none}svg .name{fill:var(--name);font-size:10px}\n"
	".box{display:inline-block;width:11px;height:11px;border-radius:2px;background:var(--"
	"bar);"
	"margin:0 2px 0 8px}.box.crit{background:var(--crit)}.box.bad{background:var(--bad)}"
	".box.again{background:var(--again)}\n";

static void add_head(struct page *p)
{
	const struct record *r = p->r;

	buf_adds(p->out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
	                 "<meta name=\"viewport\" content=\"width=device-width, "
	                 "initial-scale=1\"/>\n"
	                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	                 "'none'; style-src 'unsafe-inline'\"/>\n<title>");
	buf_addf(p->out, "gg %s: ", r->command);
	text_html(p->out, r->title);
	buf_addf(p->out, "</title>\n<style>%s</style></head><body>\n<h1>gg ", style);
	text_html(p->out, r->command);
	buf_adds(p->out, " <span class=\"name\" style=\"font-size:17px\">");
	text_html(p->out, r->title);
	buf_addf(p->out, "</span></h1>\n<p class=\"n\">run %llu, ",
	         (unsigned long long)r->number);
	text_time(p->out, r->began_ns);
	buf_adds(p->out, ", in <span class=\"name\">");
	text_html(p->out, r->folder);
	buf_addf(p->out, "</span>, ended with exit status %d</p>\n", r->status);
}

void report_format(const struct record *r, struct buf *out)
{
	struct page p = { .r = r, .out = out, .span_ns = r->wall_ns > 0 ? r->wall_ns : 1 };

	for (size_t i = 0; i < r->n_thunks; i++)
		if (r->thunks[i].ended_ns > p.span_ns)
			p.span_ns = r->thunks[i].ended_ns;
	find_rows(&p);
	sort_thunks(&p);
	mark_path(&p);
	add_head(&p);
	add_summary(&p);
	add_troubles(&p, true);
	add_timeline(&p);
	add_critical_path(&p);
	add_slowest(&p);
	add_delegations(&p);
	add_troubles(&p, false);
	buf_adds(out, "</body></html>\n");
	free(p.rows);
	free(p.by_time);
	free(p.on_path);
}
