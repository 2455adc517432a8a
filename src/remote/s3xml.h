/**
 * What S3 answers in XML: errors, pages of listings, the id of a multipart upload. Any bytes
 * may come; document types and entities of their own are refused.
 */
#ifndef REMOTE_S3XML_H
#define REMOTE_S3XML_H

#include "base/buf.h"
#include "base/err.h"

struct s3xml_error {
	char code[64];
	char message[256];
	char region[64]; /* where the bucket is, if it says so */
};

/** Read an <Error>; what is not there is "". */
void s3xml_error(const char *text, size_t len, struct s3xml_error *out);

struct s3xml_object {
	const char *key;
	uint64_t size_bytes;
	int64_t modified_s;
};

/**
 * Read a page of ListObjectsV2. Calls fn for each object; @next gets the token of the next
 * page, and stays empty on the last. CORRUPT when it is no such page.
 */
int s3xml_list(const char *text, size_t len,
               void (*fn)(void *arg, const struct s3xml_object *o), void *arg, struct buf *next,
               struct err *err);

/** The UploadId of InitiateMultipartUploadResult. CORRUPT when there is none. */
int s3xml_upload_id(const char *text, size_t len, struct buf *out, struct err *err);

#endif
