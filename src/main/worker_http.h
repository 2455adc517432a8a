/** `gg-worker http`: the worker behind an HTTP server (exec/service.h), for container hosts. */
#ifndef MAIN_WORKER_HTTP_H
#define MAIN_WORKER_HTTP_H

/**
 * Serves until SIGTERM. From the environment, as container hosts set things:
 *
 *   PORT                    where it listens, on all addresses (8080)
 *   GG_WORKER_HOST          listen on this address only
 *   GG_WORKER_TOKEN         what clients must show ("Authorization: Bearer …"), or
 *   GG_WORKER_TOKEN_FILE    a file with it
 *   GG_WORKER_TLS_CERT      PEM files; GG_WORKER_CLIENT_CA: whose certificates clients show
 *   GG_WORKER_TLS_KEY
 *   GG_WORKER_CLIENT_CA
 *   GG_WORKER_FRONT_AUTHORISES  "1": what stands before it (Cloud Run's IAM) lets through only
 *                           who may, and speaks TLS: then no token and no TLS are demanded
 *   GG_WORKER_JOBS          programs at once (the number of processors)
 *   GG_WORKER_ALLOW         what requests may name besides S3, GS and Redis: prefixes of URIs,
 *                           with blanks between
 *   GG_STORAGE_URI          the store of requests that name none; with it only that and
 *                           GG_WORKER_ALLOW may be named
 *   GG_DIR                  the worker's own store (/tmp/gg)
 *   GG_PACKAGE              where the package was unpacked to; its "store" is read too
 */
int worker_http(int argc, char **argv);

#endif
