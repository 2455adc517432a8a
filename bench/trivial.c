/* trivial OUT WORD: the least that a job can do. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	size_t n = strlen(argv[2]);

	return fd < 0 || write(fd, argv[2], n) != (ssize_t)n;
}
