/* Any bytes are a driver's answer, and a pattern that was kept: what is learnt can be carried
 * over, and nothing else is read of a pattern than what is in it. */
#include "fuzz.h"

#include "core/digest.h"
#include "model/driver.h"

#include <string.h>

static struct thunk *call_of_a_compile(void)
{
	static const char *const words[] = { "gcc", "-c", "-DX=1", "s/a.c", "-o", "o/a.o" };
	struct thunk *t = thunk_new();

	for (size_t i = 0; i < countof(words); i++)
		strv_add(&t->args, words[i]);
	digest_bytes("program", 7, &t->function);
	thunk_refs_add(&t->execs, &t->function, NULL, "/usr/bin/gcc");
	strv_add(&t->env, "PATH=/usr/bin");
	t->workdir = xstrdup("/w");
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xstrndup((const char *)data, size);
	struct thunk *t = call_of_a_compile();
	auto_driver_call c = { 0 };
	struct driver_commands d;
	auto_buf pattern = BUF_INIT;

	MUST(driver_read(t, &c));
	bool is_usable = driver_commands(&c, t, text, &d);
	for (size_t i = 0; i < d.n && is_usable; i++)
		MUST(d.v[i].program[0] == '/' && d.v[i].argv.n > 0);
	driver_commands_release(&d);
	if (driver_learn((const char *const[]){ text, text }, &pattern)) {
		driver_commands(&c, t, buf_str(&pattern), &d);
		driver_commands_release(&d);
	}
	thunk_free(t);
	return 0;
}
