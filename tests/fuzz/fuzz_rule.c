/* A target on the first line, a depfile behind it. */
#include "fuzz.h"

#include "model/rule.h"

#include <string.h>

/* What has a new target has the old one again when it gets that. */
static void turn_twice(const char *text, enum rule_folding folding, const char *target)
{
	auto_free char *own = xstrndup(text, strcspn(text, ":"));
	auto_buf other = BUF_INIT;
	auto_buf again = BUF_INIT;

	if (!rule_retarget(text, folding, target, &other))
		return;
	/* gcc leaves "./" out */
	while (folding == RULE_GCC && strncmp(target, "./", 2) == 0)
		target += 2 + strspn(target + 2, "/");
	MUST(strncmp(buf_str(&other), target, strlen(target)) == 0);
	MUST(rule_retarget(buf_str(&other), folding, own, &again));
	MUST(strcmp(buf_str(&again), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *target = xstrndup((const char *)data, size);
	char *text = strchr(target, '\n');
	auto_strv files = STRV_INIT;

	if (!text)
		return 0;
	*text++ = '\0';
	rule_prerequisites(text, &files);
	turn_twice(text, RULE_GCC, target);
	turn_twice(text, RULE_CLANG, target);
	return 0;
}
