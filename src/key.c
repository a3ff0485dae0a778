/*
 * key.c - the one table of keys, and of names that are known but mean nothing.
 *
 * Parser, defaults, dump and the key list of the manual come from this table
 * and from nowhere else.
 */
#include <string.h>
#include <syslog.h>

#include "key.h"
#include "limits.h"
#include "must.h"
#include "setup.h"
#include "text.h"

enum {
	DAYS_30 = 30 * 24 * 3600,	/* seconds; no time is longer */
	IGNORED_MAX = 64,		/* bytes of a name */
	MAX_FDS = 16 * 1024 * 1024,
	MAX_KIB = 4 * 1024 * 1024	/* 4 GiB/s is no limit any more */
};

static const struct key_word balance_words[] = {
	{ "fair", BALANCE_LEAST },
	{ "least-connection", BALANCE_LEAST },
	{ "round-robin", BALANCE_ROUND_ROBIN },
	{ "sticky", BALANCE_STICKY },
	{ "hash", BALANCE_HASH },
	{ NULL, 0 }
};

static const struct key_word log_words[] = {
	{ "all", LOG_SESSIONS_ALL },
	{ "failed", LOG_SESSIONS_FAILED },
	{ "none", LOG_SESSIONS_NONE },
	{ NULL, 0 }
};

static const struct key_word splice_words[] = {
	{ "auto", 1 },
	{ "disable", 0 },
	{ NULL, 0 }
};

static const struct key_word sandbox_words[] = {
	{ "enable", SANDBOX_ON }, { "enabled", SANDBOX_ON },
	{ "true", SANDBOX_ON }, { "1", SANDBOX_ON },
	{ "disable", SANDBOX_OFF }, { "disabled", SANDBOX_OFF },
	{ "false", SANDBOX_OFF }, { "0", SANDBOX_OFF },
	{ "kill", SANDBOX_KILL },
	{ NULL, 0 }
};

/* The first name of each number is the one we use; "" is the best one. */
static const struct key_word event_words[] = {
	{ "", 0 },
	{ "poll", 1 },
	{ "epoll", 2 },
	{ "kqueue", 3 },
	{ "select", 1 },
	{ "linux-sysepoll", 2 },
	{ "freebsd-kqueue", 3 },
	{ "libev", 0 },
	{ "solaris-devpoll", 0 },
	{ "solaris-eventports", 0 },
	{ NULL, 0 }
};

static const struct key_word facility_words[] = {
	{ "auth", LOG_AUTH }, { "authpriv", LOG_AUTHPRIV },
	{ "cron", LOG_CRON }, { "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP }, { "kern", LOG_KERN },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
	{ "lpr", LOG_LPR }, { "mail", LOG_MAIL },
	{ "news", LOG_NEWS }, { "security", LOG_AUTH },
	{ "syslog", LOG_SYSLOG }, { "user", LOG_USER },
	{ "uucp", LOG_UUCP },
	{ NULL, 0 }
};

#define IN_SERVER(field)	offsetof(struct setup_server, field)
#define IN_LISTENER(field)	offsetof(struct setup_listener, field)
#define IN_PROFILE(field)	offsetof(struct setup_profile, field)
#define IN_BACKEND(field)	offsetof(struct setup_backend, field)

static const struct key keys[] = {
	/* ---- the program ---- */
	{ "server.username", SCOPE_SERVER, KEY_STRING, IN_SERVER(username),
	    0, 0, 0, NULL,
	    "user that the relays run as; needs root" },
	{ "server.groupname", SCOPE_SERVER, KEY_STRING, IN_SERVER(groupname),
	    0, 0, 0, NULL,
	    "group that the relays run as; the user's own if unset" },
	{ "server.chroot", SCOPE_SERVER, KEY_STRING, IN_SERVER(chroot),
	    0, 0, 0, NULL,
	    "root directory of the relays" },
	{ "server.errorlog", SCOPE_SERVER, KEY_LOG, IN_SERVER(errorlog),
	    0, 0, 0, NULL,
	    "file for log lines; if unset standard error with -D, else "
	    "syslog" },
	{ "server.errorlog-use-syslog", SCOPE_SERVER, KEY_BOOL,
	    IN_SERVER(use_syslog), 0, 1, 0, NULL,
	    "log lines go to syslog" },
	{ "server.syslog-facility", SCOPE_SERVER, KEY_WORD,
	    IN_SERVER(syslog_facility), 0, 0, LOG_DAEMON, facility_words,
	    "facility of lines that go to syslog" },
	{ "server.pid-file", SCOPE_SERVER, KEY_STRING, IN_SERVER(pid_file),
	    0, 0, 0, NULL,
	    "file for the process number, locked while running" },
	{ "server.max-fds", SCOPE_SERVER, KEY_NUMBER, IN_SERVER(max_fds),
	    0, MAX_FDS, 0, NULL,
	    "descriptors a relay may have open; 0: as many as it needs" },
	{ "server.max-connections", SCOPE_SERVER, KEY_NUMBER,
	    IN_SERVER(max_connections), 1, LIMIT_SESSIONS, 1024, NULL,
	    "sessions at once; more clients wait in the listen queue" },
	{ "server.max-worker", SCOPE_SERVER, KEY_NUMBER,
	    IN_SERVER(max_worker), 0, LIMIT_RELAYS, 0, NULL,
	    "relay processes; 0 and 1: one" },
	{ "server.buffers", SCOPE_SERVER, KEY_NUMBER, IN_SERVER(buffers),
	    0, LIMIT_BUFFERS, 0, NULL,
	    "buffers for readers that stall, 64 KiB each; 0: by sessions" },
	{ "server.event-handler", SCOPE_SERVER, KEY_NAME,
	    IN_SERVER(event_handler), 0, 0, 0, event_words,
	    "how to wait for descriptors; the best one here if unset" },
	{ "server.core-files", SCOPE_SERVER, KEY_BOOL, IN_SERVER(core_files),
	    0, 1, 0, NULL,
	    "leave a core file after a crash" },
	{ "server.kbytes-per-second", SCOPE_SERVER, KEY_KIB,
	    IN_SERVER(kbytes), 0, MAX_KIB, 0, NULL,
	    "limit of all sessions together, each way; 0: none" },
	{ "server.feature-flags", SCOPE_SERVER, KEY_FLAGS,
	    IN_SERVER(graceful_ms), 0, DAYS_30, 3000, NULL,
	    "list; \"server.graceful-shutdown-timeout\" => time to drain" },
	{ "server.systemd-socket-activation", SCOPE_SERVER, KEY_BOOL,
	    IN_SERVER(systemd), 0, 1, 0, NULL,
	    "take listening sockets from the service manager" },
	{ "sockproxy.sandbox", SCOPE_SERVER, KEY_WORD, IN_SERVER(sandbox),
	    0, 0, SANDBOX_ON, sandbox_words,
	    "lock processes in, as the system can; kill: end on a breach" },
	{ "sockproxy.control", SCOPE_SERVER, KEY_STRING, IN_SERVER(control),
	    0, 0, 0, NULL,
	    "path of the control socket; none if unset" },
	{ "sockproxy.control-perms", SCOPE_SERVER, KEY_MODE,
	    IN_SERVER(control_perms), 0, 0777, 0600, NULL,
	    "permissions of the control socket" },
	{ "sockproxy.control-owner", SCOPE_SERVER, KEY_STRING,
	    IN_SERVER(control_owner), 0, 0, 0, NULL,
	    "user, user:group or :group that the control socket belongs to" },
	{ "status.listen", SCOPE_SERVER, KEY_ADDR, IN_SERVER(status_listen),
	    0, 0, 0, NULL,
	    "address of the status page; none if unset" },
	{ "server.modules", SCOPE_READER, KEY_LIST, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "list; its names mean nothing here" },
	{ "server.bind", SCOPE_READER, KEY_STRING, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "address for a sockproxy.server at the top level; any if unset" },
	{ "server.port", SCOPE_READER, KEY_NUMBER, KEY_NOWHERE,
	    1, 65535, 80, NULL,
	    "port for a sockproxy.server at the top level" },

	/* ---- a listener ---- */
	{ "server.listen-backlog", SCOPE_LISTENER, KEY_NUMBER,
	    IN_LISTENER(backlog), 1, 65535, 1024, NULL,
	    "clients that may wait to be accepted" },
	{ "server.use-ipv6", SCOPE_LISTENER, KEY_BOOL, KEY_NOWHERE,
	    0, 1, 0, NULL,
	    "an address without host (\":80\") is IPv6's" },
	{ "server.set-v6only", SCOPE_LISTENER, KEY_BOOL, IN_LISTENER(v6only),
	    0, 1, 1, NULL,
	    "an IPv6 listener takes no IPv4 clients" },
	{ "server.v4mapped", SCOPE_LISTENER, KEY_BOOL, KEY_NOWHERE,
	    0, 1, 0, NULL,
	    "an IPv6 listener takes IPv4 clients; wins over set-v6only" },
	{ "server.socket-perms", SCOPE_LISTENER, KEY_MODE, IN_LISTENER(perms),
	    0, 0777, KEY_UNSET, NULL,
	    "permissions of a Unix socket; the umask's if unset" },
	{ "server.defer-accept", SCOPE_LISTENER, KEY_SECONDS,
	    IN_LISTENER(defer_accept), 0, 65535, 0, NULL,
	    "wait for a client's first bytes before accepting (Linux)" },
	{ "server.bsd-accept-filter", SCOPE_LISTENER, KEY_STRING,
	    IN_LISTENER(accept_filter), 0, 0, 0, NULL,
	    "accept filter (FreeBSD, NetBSD), such as \"dataready\"" },
	{ "server.ip-transparent", SCOPE_LISTENER, KEY_BOOL,
	    IN_LISTENER(transparent), 0, 1, 0, NULL,
	    "listen on addresses that are not ours" },
	{ "sockproxy.listen", SCOPE_LISTENER, KEY_LIST, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "list of more addresses to listen on" },

	/* ---- a block ---- */
	{ "sockproxy.server", SCOPE_BLOCK, KEY_LIST, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "list of backends; an empty one refuses clients" },
	{ "sockproxy.server-default", SCOPE_BLOCK, KEY_LIST, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "list of keys for every backend of the block" },
	{ "sockproxy.balance", SCOPE_BLOCK, KEY_WORD, IN_PROFILE(balance),
	    0, 0, BALANCE_LEAST, balance_words,
	    "how to choose a backend" },
	{ "sockproxy.debug", SCOPE_BLOCK, KEY_NUMBER, IN_PROFILE(debug),
	    0, 65535, 0, NULL,
	    "more log lines: 1 choices, 2 connects, 3 everything" },
	{ "sockproxy.half-close-timeout", SCOPE_BLOCK, KEY_TIME,
	    IN_PROFILE(half_close_timeout), 0, DAYS_30, 3600000, NULL,
	    "silence after one side has ended; 0: for ever" },
	{ "server.max-read-idle", SCOPE_BLOCK, KEY_TIME,
	    IN_PROFILE(max_read_idle), 0, DAYS_30, 0, NULL,
	    "silence in both directions; 0: for ever" },
	{ "server.max-write-idle", SCOPE_BLOCK, KEY_TIME,
	    IN_PROFILE(max_write_idle), 0, DAYS_30, 0, NULL,
	    "the same (the shorter one counts); 0: for ever" },
	{ "connection.kbytes-per-second", SCOPE_BLOCK, KEY_KIB,
	    IN_PROFILE(kbytes), 0, MAX_KIB, 0, NULL,
	    "limit of one session, each way; 0: none" },
	{ "sockproxy.log-sessions", SCOPE_BLOCK, KEY_WORD,
	    IN_PROFILE(log_sessions), 0, 0, LOG_SESSIONS_ALL, log_words,
	    "which sessions get a log line when they end" },
	{ "sockproxy.splice", SCOPE_BLOCK, KEY_WORD, IN_PROFILE(splice),
	    0, 0, 1, splice_words,
	    "let the kernel move the bytes of busy sessions" },

	/* ---- a backend ---- */
	{ "host", SCOPE_HOST, KEY_STRING, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "address, name, or path of a Unix socket" },
	{ "port", SCOPE_HOST, KEY_NUMBER, IN_BACKEND(port),
	    1, 65535, 80, NULL,
	    "port; means nothing for a path" },
	{ "socket", SCOPE_HOST, KEY_STRING, KEY_NOWHERE,
	    0, 0, 0, NULL,
	    "path of a Unix socket, instead of host and port" },
	{ "connect-timeout", SCOPE_HOST, KEY_TIME,
	    IN_BACKEND(connect_timeout), 0, DAYS_30, 8000, NULL,
	    "until the next backend is tried; 0: the system's" },
	{ "read-timeout", SCOPE_HOST, KEY_TIME, IN_BACKEND(read_timeout),
	    0, DAYS_30, 0, NULL,
	    "silence of the backend; 0: for ever" },
	{ "write-timeout", SCOPE_HOST, KEY_TIME, IN_BACKEND(write_timeout),
	    0, DAYS_30, 0, NULL,
	    "backend takes no bytes; 0: for ever" },
	{ "disable-time", SCOPE_HOST, KEY_TIME, IN_BACKEND(disable_time),
	    0, DAYS_30, 1000, NULL,
	    "how long a backend is left out after a failed connect" },
	{ "tcp-fin-propagate", SCOPE_HOST, KEY_BOOL, KEY_NOWHERE,
	    0, 1, 1, NULL,
	    "always on" }
};

enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert((int)NKEYS <= (int)KEYS_MAX, "KEYS_MAX");
enum { INDEX = 4 * KEYS_MAX };	/* see find */

/*
 * What else lighttpd 1.4 knows, all versions: a prefix with a dot, then what
 * may follow it.
 */
static const char ignored[] =
    "accesslog. escaping filename format syslog-level use-syslog\n"
    "ajp13. balance debug map-extensions server\n"
    "alias. url\n"
    "auth. backend backend.dbi backend.gssapi.keytab"
    " backend.gssapi.principal backend.gssapi.store-creds"
    " backend.htdigest.userfile backend.htpasswd.userfile"
    " backend.ldap.allow-empty-pw backend.ldap.base-dn"
    " backend.ldap.bind-dn backend.ldap.bind-pw backend.ldap.ca-file"
    " backend.ldap.filter backend.ldap.groupmember backend.ldap.hostname"
    " backend.ldap.starttls backend.ldap.timeout backend.mysql.col_pass"
    " backend.mysql.col_realm backend.mysql.col_user backend.mysql.db"
    " backend.mysql.host backend.mysql.pass backend.mysql.port"
    " backend.mysql.socket backend.mysql.user backend.mysql.users_table"
    " backend.pam.opts backend.plain.groupfile backend.plain.userfile"
    " backend.sasl.opts cache debug extern-authn require\n"
    "cgi. assign execute-x-only limits local-redir upgrade x-sendfile"
    " x-sendfile-docroot\n"
    "cml. extension memcache-hosts memcache-namespace power-magnet\n"
    "compress. allowed-encodings cache-dir filetype max-filesize"
    " max-loadavg\n"
    "debug. log-condition-handling log-file-not-found log-request-handling"
    " log-request-header log-request-header-on-error log-response-header"
    " log-ssl-noise log-state-handling log-timeouts\n"
    "deflate. allowed-encodings cache-dir compression-level"
    " max-compress-size max-loadavg mimetypes min-compress-size"
    " output-buffer-size params work-block-size\n"
    "dir-listing. activate auto-layout cache encode-header encode-readme"
    " encoding exclude external-css external-js hide-dotfiles"
    " hide-header-file hide-readme-file set-footer show-header show-readme"
    " sort\n"
    "etag. use-inode use-mtime use-size\n"
    "evasive. location max-conns-per-ip silent\n"
    "evhost. path-pattern\n"
    "expire. mimetypes url\n"
    "extforward. forwarder hap-PROXY hap-PROXY-ssl-client-verify headers"
    " params\n"
    "fastcgi. balance debug map-extensions server\n"
    "flv-streaming. extensions\n"
    "geoip. db-filename memory-cache\n"
    "index-file. names\n"
    "magnet. attract-physical-path-to attract-raw-url-to"
    " attract-response-start-to\n"
    "maxminddb. activate db env\n"
    "mimetype. assign use-xattr xattr-name\n"
    "mysql-vhost. db hostname pass port sock sql user\n"
    "proxy. balance debug forwarded header map-extensions"
    " replace-http-host server\n"
    "rrdtool. binary db-name\n"
    "scgi. balance debug map-extensions protocol server\n"
    "secdownload. algorithm document-root hash-querystr path-segments"
    " secret timeout uri-prefix\n"
    "server. breakagelog chunkqueue-chunk-sz compat-module-load"
    " dir-listing docroot document-root error-handler error-handler-404"
    " error-intercept errorfile-prefix follow-symlink"
    " force-lower-case-files force-lowercase-filenames groupid host"
    " http-parseopt-header-strict http-parseopt-host-normalize"
    " http-parseopt-host-strict http-parseopts indexfiles"
    " max-keep-alive-idle max-keep-alive-requests max-request-field-size"
    " max-request-size name network-backend protocol-http11 range-requests"
    " reject-expect-100-with-417 stat-cache-engine stream-request-body"
    " stream-response-body tag upload-dirs upload-temp-file-size"
    " use-keep-alive userid virtual-default-host virtual-docroot"
    " virtual-root\n"
    "setenv. add-environment add-request-header add-response-header"
    " set-environment set-request-header set-response-header\n"
    "simple-vhost. debug default-host document-root server-root\n"
    "ssi. conditional-requests content-type exec extension recursion-max\n"
    "ssl. acme-tls-1 ca-crl-file ca-dn-file ca-file cipher-list dh-file"
    " disable-client-renegotiation ec-curve ech-opts ech-public-name"
    " empty-fragments engine honor-cipher-order openssl.ssl-conf-cmd"
    " pemfile privkey read-ahead stapling-file stek-file use-sslv2"
    " use-sslv3 verifyclient.activate verifyclient.ca-crl-file"
    " verifyclient.ca-dn-file verifyclient.ca-file verifyclient.depth"
    " verifyclient.enforce verifyclient.exportcert verifyclient.username\n"
    "static-file. disable-pathinfo etags exclude-extensions\n"
    "status. config-url enable-sort statistics-url status-url\n"
    "trigger-before-download. debug deny-url download-url gdbm-filename"
    " memcache-hosts memcache-namespace trigger-timeout trigger-url\n"
    "upload-progress. progress-url\n"
    "url. access-allow access-deny redirect redirect-code rewrite"
    " rewrite-final rewrite-if-not-file rewrite-once rewrite-repeat"
    " rewrite-repeat-if-not-file\n"
    "userdir. active basepath exclude-user include-user letterhomes path\n"
    "usertrack. cookie-attrs cookie-domain cookie-max-age cookie-name"
    " cookiename\n"
    "vhostdb. backend cache dbi ldap mysql pgsql\n"
    "webdav. activate is-readonly log-xml opts sqlite-db-name\n"
    "wstunnel. balance debug frame-type map-extensions origins"
    " ping-interval server\n";

static const char *const ignored_host[] = {
	"allow-x-send-file", "broken-scriptfilename", "check-local", "docroot",
	"fix-root-scriptname", "idle-timeout", "kill-signal", "listen-backlog",
	"max-load-per-proc", "mode", "strip-request-uri", "x-sendfile",
	"x-sendfile-docroot", NULL
};

static const char *const refused_host[] = {
	"bin-copy-environment", "bin-environment", "bin-path", "max-procs",
	"min-procs", NULL
};

const struct key *
key_at(unsigned i)
{
	return i < NKEYS ? &keys[i] : NULL;
}

unsigned
key_index(const struct key *key)
{
	return (unsigned)(key - keys);
}

/* The place of a name in the index: its own, or the free one where it belongs. */
static uint8_t *
place_of(const char *name, bool host)
{
	static uint8_t index[INDEX];	/* number of a key, from 1; 0: free */
	const struct key *key;
	uint32_t at = text_casehash(name);

	for (; index[at % INDEX] != 0; at++) {
		key = &keys[index[at % INDEX] - 1];
		if ((key->scope == SCOPE_HOST) == host &&
		    text_casecmp(key->name, name) == 0)
			break;
	}
	return &index[at % INDEX];
}

static const struct key *
find(const char *name, bool host)
{
	static bool indexed;
	unsigned i;

	for (i = 0; !indexed && i < NKEYS; i++)
		*place_of(keys[i].name, keys[i].scope == SCOPE_HOST) =
		    (uint8_t)(i + 1);
	indexed = true;
	i = *place_of(name, host);
	return i != 0 ? &keys[i - 1] : NULL;
}

const struct key *
key_find(const char *name)
{
	return find(name, false);
}

const struct key *
key_find_host(const char *name)
{
	return find(name, true);
}

struct setting *
key_setting(const struct key *key, void *base)
{
	return (struct setting *)(void *)((char *)base + key->offset);
}

const struct setting *
key_setting_of(const struct key *key, const void *base)
{
	return (const struct setting *)(const void *)
	    ((const char *)base + key->offset);
}

/*
 * Walk over the ignored names: each call gives the next one.  Returns where to
 * go on, NULL after the last one.
 */
static const char *
next_ignored(const char *at, size_t *prefix, char buf[IGNORED_MAX])
{
	size_t len;

	if (*at == '\n')
		at++;
	if (*at == '\0')
		return NULL;
	len = strcspn(at, " \n");
	if (at[len - 1] == '.') {
		MUST(len < IGNORED_MAX);
		memcpy(buf, at, len);
		*prefix = len;
		at += len + 1;
		len = strcspn(at, " \n");
	}
	MUST(*prefix + len < IGNORED_MAX);
	memcpy(buf + *prefix, at, len);
	buf[*prefix + len] = '\0';
	return at[len] == ' ' ? at + len + 1 : at + len;
}

bool
key_ignored(const char *name)
{
	const char *at = ignored;
	char buf[IGNORED_MAX];
	size_t prefix = 0;

	while ((at = next_ignored(at, &prefix, buf)) != NULL)
		if (text_casecmp(buf, name) == 0)
			return true;
	return false;
}

bool
key_ignored_host(const char *name)
{
	unsigned i;

	for (i = 0; ignored_host[i] != NULL; i++)
		if (text_casecmp(ignored_host[i], name) == 0)
			return true;
	return false;
}

bool
key_refused_host(const char *name)
{
	unsigned i;

	for (i = 0; refused_host[i] != NULL; i++)
		if (text_casecmp(refused_host[i], name) == 0)
			return true;
	return false;
}

const char *
key_nearest(const char *name, bool host, char *buf, size_t size)
{
	const char *at = ignored;
	char other[IGNORED_MAX];
	size_t prefix = 0;
	unsigned i, d, least = strlen(name) < 6 ? 3 : 4;
	bool found = false;

	for (i = 0; i < NKEYS; i++) {
		if ((keys[i].scope == SCOPE_HOST) != host)
			continue;
		d = text_distance(name, keys[i].name, least);
		if (d < least) {
			least = d;
			found = true;
			text_format(buf, size, "%s", keys[i].name);
		}
	}
	while (!host && (at = next_ignored(at, &prefix,
	    other)) != NULL) {
		d = text_distance(name, other, least);
		if (d < least) {
			least = d;
			found = true;
			text_format(buf, size, "%s", other);
		}
	}
	return found ? buf : NULL;
}

const char *
key_type_name(const struct key *key)
{
	static const char *const names[] = {
		[KEY_NUMBER] = "number", [KEY_TIME] = "time",
		[KEY_SECONDS] = "seconds", [KEY_KIB] = "KiB",
		[KEY_BOOL] = "boolean", [KEY_WORD] = "word",
		[KEY_NAME] = "word", [KEY_STRING] = "string",
		[KEY_LOG] = "string", [KEY_ADDR] = "address",
		[KEY_MODE] = "mode", [KEY_LIST] = "list",
		[KEY_FLAGS] = "list"
	};

	return names[key->type];
}

const char *
key_scope_name(const struct key *key)
{
	static const char *const names[] = {
		[SCOPE_SERVER] = "server", [SCOPE_READER] = "server",
		[SCOPE_LISTENER] = "listener", [SCOPE_BLOCK] = "block",
		[SCOPE_HOST] = "backend"
	};

	return names[key->scope];
}
