/*
 * setup.h - what a configuration comes to: plain data, static arrays, no code.
 *
 * Filled by conf.c, read by everybody.  All conditions are already decided but
 * the client's address: a listener has classes (networks, longest prefix first),
 * each naming the profile that holds for clients in it.  Networks nest or are
 * apart, so one class says all.  Every value remembers where it was set.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdint.h>

#include "limits.h"
#include "os.h"

/*
 * A value and its origin.  at: 0 is the built-in default, else
 * file index << 24 | line (setup_file names the file).
 */
struct setting {
	uint32_t	v;	/* number, ms, bytes, bool, or string offset */
	uint32_t	at;
};

#define SETUP_AT(file, line)	((uint32_t)(file) << 24 | ((line) & 0xffffff))
#define SETUP_AT_FILE(at)	((at) >> 24)
#define SETUP_AT_LINE(at)	((at) & 0xffffff)

enum balance {
	BALANCE_LEAST,		/* fair, least-connection */
	BALANCE_ROUND_ROBIN,
	BALANCE_STICKY,		/* by client address */
	BALANCE_HASH		/* by client address and listener */
};

enum log_sessions { LOG_SESSIONS_NONE, LOG_SESSIONS_FAILED, LOG_SESSIONS_ALL };

enum sandbox { SANDBOX_OFF, SANDBOX_ON, SANDBOX_KILL };

/* One backend of one pool. */
struct setup_backend {
	uint32_t	label;		/* string: written, or its address */
	uint32_t	label_hash;	/* text_casehash of it */
	uint32_t	host;		/* string as written (name, address, path) */
	uint32_t	at;
	uint16_t	first_addr;	/* in setup.addrs: all a name resolved to */
	uint16_t	naddrs;		/* 0: there is addr only */
	struct setting	port;
	struct setting	connect_timeout;	/* ms, 0: the kernel's */
	struct setting	read_timeout;		/* ms, 0: off */
	struct setting	write_timeout;		/* ms, 0: off */
	struct setting	disable_time;		/* ms */
	struct os_addr	addr;		/* OS_NONE: the name did not resolve */
};

/* One sockproxy.server list. */
struct setup_pool {
	uint32_t	at;
	uint16_t	first_backend;
	uint16_t	nbackends;		/* 0: the proxy is off */
};

/* What holds for a session, by listener and client address. */
struct setup_profile {
	uint32_t	pool;			/* in setup.pools */
	struct setting	balance;		/* enum balance */
	struct setting	debug;			/* 0 to 65535 */
	struct setting	half_close_timeout;	/* ms, 0: never */
	struct setting	max_read_idle;		/* ms, 0: never */
	struct setting	max_write_idle;		/* ms, 0: never */
	struct setting	kbytes;			/* per second, way and session */
	struct setting	log_sessions;		/* enum log_sessions */
	struct setting	splice;			/* bool: auto or disable */
};

/* Clients of a listener in one network; the last class of each has no family. */
struct setup_class {
	uint8_t		ip[16];
	uint8_t		family;		/* OS_IPV4, OS_IPV6; OS_NONE: everybody */
	uint8_t		bits;
	uint16_t	profile;
};

struct setup_listener {
	uint32_t	name;		/* string: the address as written */
	uint32_t	at;
	uint32_t	first_class;
	uint32_t	nclasses;
	struct setting	backlog;
	struct setting	v6only;		/* bool */
	struct setting	perms;		/* mode; UINT32_MAX: umask's */
	struct setting	defer_accept;	/* seconds */
	struct setting	accept_filter;	/* string */
	struct setting	transparent;	/* bool */
	struct os_addr	addr;
};

/* What holds for the program. */
struct setup_server {
	struct setting	username, groupname, chroot;	/* strings, 0: none */
	struct setting	errorlog;			/* string: path, 0: stderr */
	struct setting	use_syslog;			/* bool */
	struct setting	syslog_facility;		/* LOG_* of syslog.h */
	struct setting	pid_file;			/* string */
	struct setting	max_fds;			/* 0: as many as needed */
	struct setting	max_connections;		/* sessions */
	struct setting	max_worker;			/* relays; 0 is 1 */
	struct setting	buffers;			/* pool buffers; 0: chosen */
	struct setting	event_handler;			/* string, 0: the best */
	struct setting	core_files;			/* bool */
	struct setting	kbytes;				/* all sessions, per way */
	struct setting	graceful_ms;			/* shutdown; 0: no end */
	struct setting	systemd;			/* bool: socket activation */
	struct setting	sandbox;			/* enum sandbox */
	struct setting	control;			/* string: path */
	struct setting	control_perms;			/* mode */
	struct setting	control_owner;			/* string: user:group */
	struct setting	status_listen;			/* string: address */
	struct os_addr	status_addr;			/* that one, resolved */
};

struct setup {
	uint32_t		nlisteners, npools, nbackends, nprofiles;
	uint32_t		nclasses, naddrs, nfiles, nstrings;
	struct setup_server	server;
	/* one more each, for what went with an earlier configuration */
	struct setup_listener	listeners[LIMIT_LISTENERS + 1];
	struct setup_pool	pools[LIMIT_POOLS + 1];
	struct setup_backend	backends[LIMIT_BACKENDS + 1];
	struct setup_profile	profiles[LIMIT_PROFILES + 1];
	struct setup_class	classes[LIMIT_CLASSES + 1];
	struct os_addr		addrs[LIMIT_ADDRS];
	uint32_t		files[LIMIT_FILES];	/* strings */
	char			strings[LIMIT_STRINGS];	/* offset 0 is "" */
};

#endif
