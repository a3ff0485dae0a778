/*
 * limits.h - every size that is fixed when sockproxy is compiled.
 */
#ifndef LIMITS_H
#define LIMITS_H

enum {
	/* configuration */
	LIMIT_LISTENERS = 1024,
	LIMIT_BACKENDS = 4096,
	LIMIT_POOLS = 1024,		/* sockproxy.server lists */
	LIMIT_PROFILES = 4096,		/* different settings of sessions */
	LIMIT_CLASSES = 16384,		/* listener x remoteip condition */
	LIMIT_ADDRS = 8192,		/* resolved addresses of backends */
	LIMIT_ADDRS_PER_NAME = 15,	/* of these, one backend's */
	LIMIT_STRINGS = 512 * 1024,	/* bytes of all strings */
	LIMIT_FILES = 256,		/* configuration files, with includes */
	LIMIT_DEPTH = 64,		/* nested blocks, lists, includes */
	LIMIT_CONF_BYTES = 4 * 1024 * 1024,	/* one configuration file */
	LIMIT_CONF_VALUES = 65536,	/* values in it; assignments */
	LIMIT_CONF_BLOCKS = 8192,	/* conditions */
	LIMIT_CONF_STRING = 1000,	/* bytes of one value */
	LIMIT_CONF_LABEL = 200,		/* bytes of a backend's label */
	LIMIT_CONF_TEXT = 8 * 1024 * 1024,	/* bytes of words and strings */
	LIMIT_ERRORS = 100,		/* messages before giving up */

	/* relay */
	LIMIT_SESSIONS = 1000000,	/* server.max-connections at most */
	LIMIT_RELAYS = 64,		/* server.max-worker at most */
	LIMIT_EVENTS = 256,		/* events of one turn */
	LIMIT_ACCEPTS = 64,		/* accepts per listener and turn */
	LIMIT_BUFFER = 64 * 1024,	/* bytes of a pool buffer */
	LIMIT_BUFFERS = 65536,		/* server.buffers at most */
	LIMIT_BUFFERS_AUTO = 256,	/* when it is not set, at most */
	LIMIT_OTHER_FDS = 32,		/* log, channel, waiter, inherited ones */
	LIMIT_HALF_BUDGET = 256 * 1024,	/* bytes per half and turn */
	LIMIT_SPLICE_BUDGET = 1024 * 1024,	/* the same, when the kernel moves */
	LIMIT_LANES = 256,		/* splices at once */
	LIMIT_BULK = 16 * 1024,		/* a read of so much is bulk */
	LIMIT_BULK_READS = 8,		/* so many in a row begin a splice */
	LIMIT_CHATTY = 16,		/* so many small splices end it */
	LIMIT_GATHER = 1024 * 1024,	/* bytes that a sure stream is left alone for */
	LIMIT_GATHER_UNIT = 16 * 1024,	/* a mark is counted in */
	LIMIT_GATHER_LEAST = 64 * 1024,	/* with less it was in vain */
	LIMIT_GATHER_SURE = 8,		/* splices of bulk until it is sure */
	LIMIT_GATHER_PAUSE = 16,	/* so many less after a pause */

	/* times, milliseconds */
	LIMIT_REST_MS = 20,		/* rest after ENOBUFS */
	LIMIT_LAST_STALL_MS = 10000,	/* LAST: no byte acknowledged for so long */
	LIMIT_LAST_MS = 120000,		/* LAST: in all */
	LIMIT_LAST_BLIND_MS = 300,	/* LAST, where os_unsent cannot say */
	LIMIT_SHUTDOWN_LAST_MS = 500,	/* LAST, when the program ends */
	LIMIT_PAUSE_MS = 100,		/* a listener that is out of something */
	LIMIT_TRIM_MS = 10000,		/* until what lies idle is given back */
	LIMIT_KEEP_MS = 1000,		/* a session lasts: one to two of these */
	LIMIT_SWEEP_MS = 100		/* between two sweeps at the least */
};

#endif
