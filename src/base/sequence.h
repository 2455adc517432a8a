/**
 * The simplest lines that are given to a shell: simple commands behind each other, as make,
 * ninja and CMake write them: "cd build && cc -c …", ": && ar qc … && ranlib … && :". A line
 * that asks for more than is read here (redirection, pipes, patterns, "$", comments, bytes
 * beyond ASCII, …) is the shell's.
 *
 * Beyond quotes two things are read that automake's rules are made of, by the letter:
 *
 *   name=`echo WORD | sed 's|[^/]*$|FOLDER/&|;s|\.SUFFIX$||'`       and $name afterwards
 *   `test -f WORD || echo WORD`
 *
 * Their words are such that nothing of them is split or expanded, and so is the value of the
 * one variable that a line may assign.
 *
 * POSIX.1-2017, Shell Command Language, 2.2 (quoting), 2.6.3 (substitution), 2.9 (commands);
 * what is read here is the same to dash, bash and others. No memory is taken: it may run in a
 * child of vfork.
 */
#ifndef BASE_SEQUENCE_H
#define BASE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *text; /* not ended by NUL */
	size_t len;
};

bool span_is(struct span s, const char *text);

enum sequence_item {
	SEQUENCE_WORD,
	SEQUENCE_ASSIGNMENT, /* of its value; the name is @variable */
	SEQUENCE_AND,        /* the command is whole, and the next is joined by && */
	SEQUENCE_THEN,       /* … by ";" or a newline */
	SEQUENCE_END, /* … and the last; without a word it is none, as behind a last ";" */
	SEQUENCE_BAD, /* a shell must read it */
};

/** What words are made of. */
enum sequence_part {
	SEQUENCE_TEXT,         /* as it is, quotes removed */
	SEQUENCE_VARIABLE,     /* the value of the variable */
	SEQUENCE_SUBSTITUTION, /* see sequence_substitution() */
};

/** Takes the parts of a word in their order, none for an empty one. */
typedef void sequence_take(void *arg, enum sequence_part part, struct span text);

struct sequence {
	const char *at;
	struct span variable; /* assigned in this line; one at most */
	size_t n_words;       /* of the command that is being read */
	enum sequence_item last;
};

/** @line is borrowed until the last call. */
void sequence_begin(struct sequence *s, const char *line);
/** The next item. A command's first word is text alone, and behind an assignment is no word. */
enum sequence_item sequence_read(struct sequence *s, sequence_take *take, void *arg);

struct substitution {
	bool is_test; /* "test -f operand || echo answer", else the name of a depfile */
	struct span operand;
	struct span answer; /* or the folder that is put before the operand's last part */
	struct span suffix; /* without its dot; taken off at the end */
};

/** Take one apart that sequence_read() has found. False: it is none. */
bool sequence_substitution(struct span text, struct substitution *out);

#endif
