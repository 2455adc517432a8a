/* word OUT WORD|FILE...: writes the words, or what is in the files, to OUT; fails without any.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;

	if (!out)
		return 1;
	for (int i = 2; i < argc; i++) {
		FILE *in = fopen(argv[i], "r");
		int c;

		if (i > 2)
			fputc(' ', out);
		if (!in)
			fputs(argv[i], out);
		while (in && (c = getc(in)) != EOF)
			putc(c, out);
		if (in)
			fclose(in);
	}
	return fclose(out) != 0;
}
