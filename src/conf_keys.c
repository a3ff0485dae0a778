/*
 * conf_keys.c - the list of keys, for whoever holds the manual against it.
 *
 * The program itself does not print it, so nothing of this file is in there.
 */
#include <string.h>

#include "conf.h"
#include "key.h"
#include "must.h"
#include "text.h"

/* One line for each key, in the order of key.c's table. */
static const struct {
	const char	*name;
	const char	*text;
} texts[] = {
	{ "server.username", "user that the relays run as; needs root" },
	{ "server.groupname",
	    "group that the relays run as; the user's own if unset" },
	{ "server.chroot", "root directory of the relays" },
	{ "server.errorlog",
	    "file for log lines; if unset standard error with -D, else "
	    "syslog" },
	{ "server.errorlog-use-syslog", "log lines go to syslog" },
	{ "server.syslog-facility", "facility of lines that go to syslog" },
	{ "server.pid-file",
	    "file for the process number, locked while running" },
	{ "server.max-fds",
	    "descriptors a relay may have open; 0: as many as it needs" },
	{ "server.max-connections",
	    "sessions at once; more clients wait in the listen queue" },
	{ "server.max-worker", "relay processes; 0 and 1: one" },
	{ "server.buffers",
	    "buffers for readers that stall, 64 KiB each; 0: by sessions" },
	{ "server.event-handler",
	    "how to wait for descriptors; the best one here if unset" },
	{ "server.core-files", "leave a core file after a crash" },
	{ "server.kbytes-per-second",
	    "limit of all sessions together, each way; 0: none" },
	{ "server.feature-flags",
	    "list; \"server.graceful-shutdown-timeout\" => time to drain" },
	{ "server.systemd-socket-activation",
	    "take listening sockets from the service manager" },
	{ "sockproxy.sandbox",
	    "lock processes in, as the system can; kill: end on a breach" },
	{ "sockproxy.control", "path of the control socket; none if unset" },
	{ "sockproxy.control-perms", "permissions of the control socket" },
	{ "sockproxy.control-owner",
	    "user, user:group or :group that the control socket belongs to" },
	{ "status.listen", "address of the status page; none if unset" },
	{ "server.modules", "list; its names mean nothing here" },
	{ "server.bind",
	    "address for a sockproxy.server at the top level; any if unset" },
	{ "server.port", "port for a sockproxy.server at the top level" },
	{ "server.listen-backlog", "clients that may wait to be accepted" },
	{ "server.use-ipv6", "an address without host (\":80\") is IPv6's" },
	{ "server.set-v6only", "an IPv6 listener takes no IPv4 clients" },
	{ "server.v4mapped",
	    "an IPv6 listener takes IPv4 clients; wins over set-v6only" },
	{ "server.socket-perms",
	    "permissions of a Unix socket; the umask's if unset" },
	{ "server.defer-accept",
	    "wait for a client's first bytes before accepting (Linux)" },
	{ "server.bsd-accept-filter",
	    "accept filter (FreeBSD, NetBSD), such as \"dataready\"" },
	{ "server.ip-transparent", "listen on addresses that are not ours" },
	{ "sockproxy.listen", "list of more addresses to listen on" },
	{ "sockproxy.server",
	    "list of backends; an empty one refuses clients" },
	{ "sockproxy.server-default",
	    "list of keys for every backend of the block" },
	{ "sockproxy.balance", "how to choose a backend" },
	{ "sockproxy.debug",
	    "more log lines: 1 choices, 2 connects, 3 everything" },
	{ "sockproxy.half-close-timeout",
	    "silence after one side has ended; 0: for ever" },
	{ "server.max-read-idle", "silence in both directions; 0: for ever" },
	{ "server.max-write-idle",
	    "the same (the shorter one counts); 0: for ever" },
	{ "connection.kbytes-per-second",
	    "limit of one session, each way; 0: none" },
	{ "sockproxy.log-sessions",
	    "which sessions get a log line when they end" },
	{ "sockproxy.splice",
	    "let the kernel move the bytes of busy sessions" },
	{ "host", "address, name, or path of a Unix socket" },
	{ "port", "port; means nothing for a path" },
	{ "socket", "path of a Unix socket, instead of host and port" },
	{ "connect-timeout",
	    "until the next backend is tried; 0: the system's" },
	{ "read-timeout", "silence of the backend; 0: for ever" },
	{ "write-timeout", "backend takes no bytes; 0: for ever" },
	{ "disable-time",
	    "how long a backend is left out after a failed connect" },
	{ "tcp-fin-propagate", "always on" }
};

static const char *const types[] = {
	[KEY_NUMBER] = "number", [KEY_KIB] = "KiB", [KEY_SECONDS] = "seconds",
	[KEY_TIME] = "time", [KEY_FLAGS] = "list", [KEY_BOOL] = "boolean",
	[KEY_WORD] = "word", [KEY_FACILITY] = "word", [KEY_NAME] = "word",
	[KEY_STRING] = "string", [KEY_LOG] = "string", [KEY_ADDR] = "address",
	[KEY_MODE] = "mode", [KEY_LIST] = "list", [KEY_ADDRS] = "list",
	[KEY_SERVERS] = "list", [KEY_DEFAULTS] = "list"
};

static const char *
scope_name(const struct key *key)
{
	switch (key->scope) {
	case SCOPE_LISTENER:
		return "listener";
	case SCOPE_BLOCK:
		return "block";
	case SCOPE_HOST:
		return "backend";
	default:
		return "server";
	}
}

void
conf_keys(conf_put *put, void *ctx)
{
	const struct key *key;
	char line[400], initial[KEY_WORD_MAX];
	unsigned i;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		MUST(i < sizeof(texts) / sizeof(texts[0]));
		MUST(strcmp(texts[i].name, key->name) == 0);
		key_write(key, key->initial, initial);
		if (strcmp(initial, "\"\"") == 0)
			text_format(initial, sizeof(initial), "-");
		text_format(line, sizeof(line), "%s\t%s\t%s\t%s\t%s",
		    key->name, scope_name(key), types[key->type], initial,
		    texts[i].text);
		put(ctx, line);
	}
}
