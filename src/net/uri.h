/**
 * The URI of a store or an engine: "[PROTO://][USER:PASS@]HOST[:PORT][/PATH][?K=V&K2=V2]" (WIRE
 * 11), with percent escapes decoded, IPv6 in brackets, and "redis+unix:///path",
 * "file:///path". Never printed whole: uri_display() leaves the password out.
 */
#ifndef NET_URI_H
#define NET_URI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct uri {
	char *scheme;        /* lower case; "" when there is none. All owned */
	char *user;          /* NULL if none */
	char *password;      /* NULL if none */
	char *host;          /* "" if none; IPv6 without its brackets */
	unsigned port;       /* 0: none given */
	char *path;          /* with its leading '/'; "" if none */
	struct strv options; /* "key=value", in order; without a '=' in the text: "key=" */
};

#define URI_INIT                                 \
	{                                        \
		NULL, NULL, NULL, NULL, 0, NULL, \
		{                                \
			NULL, 0, 0               \
		}                                \
	}

/** USAGE says what is wrong, without quoting secrets. @out needs no initialisation; on error it
 * holds nothing. */
int uri_parse(const char *text, struct uri *out, struct err *err);
void uri_release(struct uri *u);
/** Value of an option, or NULL. Borrowed. */
const char *uri_option(const struct uri *u, const char *key);
/** For messages and as an identity of the place: scheme, user, host, port, path, options; no
 * password, and no option whose name speaks of one. Owned. */
char *uri_display(const struct uri *u);
/** Append @text with every byte but A-Z a-z 0-9 - . _ ~ and those of @keep as %XX. */
void uri_escape(struct buf *b, const char *text, size_t len, const char *keep);

#define auto_uri struct uri cleanup(uri_release)

#endif
