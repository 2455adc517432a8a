#include "model/plan.h"
#include "store/look.h"

#include <string.h>
#include <sys/stat.h>

static int plan_reader(const struct call *call, struct plan *p, struct err *err)
{
	struct stat sb;

	for (int i = 1; i < call->argc; i++) {
		const char *arg = call->argv[i];
		const char *value = arg[0] == '-' ? strchr(arg, '=') : NULL;
		if (arg[0] == '@' && arg[1])
			arg++;
		else if (value)
			arg = value + 1;
		if (look_stat(arg, &sb) == 0 && S_ISREG(sb.st_mode))
			plan_reads(p, call, arg);
	}
	return plan_delegate(p, "reads its operands");
}

const struct model model_reader = { "reader", plan_reader };
