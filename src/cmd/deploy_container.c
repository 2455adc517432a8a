#include "cmd/deploy_container.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"

int deploy_container(const struct package *p, const char *folder, struct err *err)
{
	auto_free char *inner = path_join(folder, "gg");
	auto_free char *file = path_join(folder, "Containerfile");

	if (mkdir(folder, 0755) < 0)
		return err_sys(err, "%s", folder);
	if (package_write_folder(p, inner, err) < 0)
		return -1;
	return file_write(file, containerfile, containerfile_len, 0644, err);
}
