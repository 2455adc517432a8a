#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/pack.h"

static const char JOURNAL_NAME[] = "memo.log";

enum { JOURNAL_MAGIC = 0x4a6d6767, JOURNAL_KEY_MAX = 256, JOURNAL_DATA_MAX = 64 << 20 };

struct journal_head {
	uint32_t magic;
	uint32_t key_len;
	uint64_t data_len;
	uint64_t sum;
};

size_t journal_record_bytes(size_t key_len, size_t data_len)
{
	return sizeof(struct journal_head) + key_len + data_len;
}

int journal_open(int dir_fd)
{
	return openat(dir_fd, JOURNAL_NAME, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

int journal_append(int fd, const char *key, const void *data, size_t len, struct err *err)
{
	struct journal_head head = { JOURNAL_MAGIC, (uint32_t)strlen(key), len, 0 };
	auto_buf rec = BUF_INIT;

	head.sum = pack_sum(key, head.key_len, data, len);
	buf_add(&rec, &head, sizeof(head));
	buf_add(&rec, key, head.key_len);
	if (buf_add(&rec, data, len) < 0)
		return err_set(err, ERR_NOSPC, "memo journal: record too long");
	/* One write to an O_APPEND file: records of two processes never mix. */
	if (file_write_fd(fd, rec.data, rec.len, err) < 0)
		return err_wrap(err, "memo journal");
	return 0;
}

/* Length of the whole record at @at, or 0. */
static size_t journal_record(const unsigned char *at, size_t left, struct journal_head *head)
{
	if (left < sizeof(*head))
		return 0;
	memcpy(head, at, sizeof(*head));
	if (head->magic != JOURNAL_MAGIC || head->key_len == 0 ||
	    head->key_len > JOURNAL_KEY_MAX || head->data_len > JOURNAL_DATA_MAX)
		return 0;
	size_t whole = sizeof(*head) + head->key_len + (size_t)head->data_len;
	const unsigned char *key = at + sizeof(*head);

	if (whole > left || memchr(key, '\0', head->key_len) ||
	    head->sum != pack_sum(key, head->key_len, key + head->key_len, head->data_len))
		return 0;
	return whole;
}

static int journal_scan(const unsigned char *at, size_t left,
                        int (*fn)(void *arg, const char *key, const void *data, size_t len),
                        void *arg)
{
	static const uint32_t magic = JOURNAL_MAGIC;
	struct journal_head head;

	while (left > 0) {
		size_t whole = journal_record(at, left, &head);

		if (whole == 0) {
			const unsigned char *next =
				memmem(at + 1, left - 1, &magic, sizeof(magic));
			if (!next)
				return 0;
			left -= (size_t)(next - at);
			at = next;
			continue;
		}
		char key[JOURNAL_KEY_MAX + 1];

		memcpy(key, at + sizeof(head), head.key_len);
		key[head.key_len] = '\0';
		int rc = fn(arg, key, at + sizeof(head) + head.key_len, head.data_len);
		if (rc)
			return rc;
		at += whole;
		left -= whole;
	}
	return 0;
}

int journal_replay(const char *dir,
                   int (*fn)(void *arg, const char *key, const void *data, size_t len),
                   void *arg)
{
	auto_free char *path = xasprintf("%s/%s", dir, JOURNAL_NAME);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat sb;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (fstat(fd, &sb) < 0)
		return errno;
	if (sb.st_size == 0)
		return 0;
	void *map = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return errno;
	int rc = journal_scan(map, (size_t)sb.st_size, fn, arg);
	munmap(map, (size_t)sb.st_size);
	return rc;
}
