/* add FILE FILE: the sum of the numbers in two files, into the file "out". */
#include <stdio.h>

static int number_in(const char *path, unsigned long long *n)
{
	FILE *in = fopen(path, "r");
	int ok = in && fscanf(in, "%llu", n) == 1;

	if (in)
		fclose(in);
	if (!ok)
		fprintf(stderr, "add: no number in %s\n", path);
	return ok ? 0 : -1;
}

int main(int argc, char **argv)
{
	unsigned long long a;
	unsigned long long b;

	if (argc != 3) {
		fprintf(stderr, "usage: add FILE FILE\n");
		return 2;
	}
	if (number_in(argv[1], &a) < 0 || number_in(argv[2], &b) < 0)
		return 1;
	FILE *out = fopen("out", "w");
	if (!out || fprintf(out, "%llu\n", a + b) < 0 || fclose(out) != 0) {
		perror("out");
		return 1;
	}
	return 0;
}
