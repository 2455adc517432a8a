#include "exec/engine.h"

void outcome_release(struct outcome *o)
{
	memo_release(&o->memo);
	strv_release(&o->missing);
}
