/* sleeper SECONDS OUT WORD: take time and no processor, then write WORD. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	sleep((unsigned)strtoul(argv[1], NULL, 10));
	int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	size_t n = strlen(argv[3]);

	return fd < 0 || write(fd, argv[3], n) != (ssize_t)n;
}
