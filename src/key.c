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
#include "setup.h"
#include "text.h"

enum {
	DAYS_30 = 30 * 24 * 3600,	/* seconds; no time is longer */
	NAME_MAX = 64,			/* bytes of a name */
	MAX_FDS = 16 * 1024 * 1024,
	MAX_KIB = 4 * 1024 * 1024	/* 4 GiB/s is no limit any more */
};

/* The scope of a key, and where in the struct of that scope its setting is. */
#define SERVER(x)	SCOPE_SERVER, offsetof(struct setup_server, x)
#define LISTENER(x)	SCOPE_LISTENER, offsetof(struct setup_listener, x)
#define PROFILE(x)	SCOPE_BLOCK, offsetof(struct setup_profile, x)
#define BACKEND(x)	SCOPE_HOST, offsetof(struct setup_backend, x)

/* The type of a key, and the limits and the default of those that have some. */
#define PLAIN(type)	type, 0, 0, 0
#define SWITCH(initial)	KEY_BOOL, 0, WORDS_SWITCH, initial
#define TIME(initial)	KEY_TIME, 0, DAYS_30, initial

static const struct key keys[] = {
	/* ---- the program ---- */
	{ "server.username", SERVER(username), PLAIN(KEY_STRING) },
	{ "server.groupname", SERVER(groupname), PLAIN(KEY_STRING) },
	{ "server.chroot", SERVER(chroot), PLAIN(KEY_STRING) },
	{ "server.errorlog", SERVER(errorlog), PLAIN(KEY_LOG) },
	{ "server.errorlog-use-syslog", SERVER(use_syslog), SWITCH(0) },
	{ "server.syslog-facility", SERVER(syslog_facility),
	    KEY_FACILITY, 0, WORDS_FACILITY, LOG_DAEMON },
	{ "server.pid-file", SERVER(pid_file), PLAIN(KEY_STRING) },
	{ "server.max-fds", SERVER(max_fds), KEY_NUMBER, 0, MAX_FDS, 0 },
	{ "server.max-connections", SERVER(max_connections),
	    KEY_NUMBER, 1, LIMIT_SESSIONS, 1024 },
	{ "server.max-worker", SERVER(max_worker),
	    KEY_NUMBER, 0, LIMIT_RELAYS, 0 },
	{ "server.buffers", SERVER(buffers), KEY_NUMBER, 0, LIMIT_BUFFERS, 0 },
	{ "server.event-handler", SERVER(event_handler),
	    KEY_NAME, 0, WORDS_EVENT, 0 },
	{ "server.core-files", SERVER(core_files), SWITCH(0) },
	{ "server.kbytes-per-second", SERVER(kbytes), KEY_KIB, 0, MAX_KIB, 0 },
	{ "server.feature-flags", SERVER(graceful_ms),
	    KEY_FLAGS, 0, DAYS_30, 3000 },
	{ "server.systemd-socket-activation", SERVER(systemd), SWITCH(0) },
	{ "sockproxy.sandbox", SERVER(sandbox),
	    KEY_WORD, 0, WORDS_SWITCH, SANDBOX_ON },
	{ "sockproxy.control", SERVER(control), PLAIN(KEY_STRING) },
	{ "sockproxy.control-perms", SERVER(control_perms),
	    KEY_MODE, 0, 0777, 0600 },
	{ "sockproxy.control-owner", SERVER(control_owner), PLAIN(KEY_STRING) },
	{ "status.listen", SERVER(status_listen), PLAIN(KEY_ADDR) },
	{ "server.modules", SCOPE_SERVER, KEY_NOWHERE, PLAIN(KEY_LIST) },
	{ "server.bind", SCOPE_SERVER, KEY_NOWHERE, PLAIN(KEY_STRING) },
	{ "server.port", SCOPE_SERVER, KEY_NOWHERE,
	    KEY_NUMBER, 1, 65535, KEY_PORT },

	/* ---- a listener ---- */
	{ "server.listen-backlog", LISTENER(backlog),
	    KEY_NUMBER, 1, 65535, 1024 },
	{ "server.use-ipv6", SCOPE_LISTENER, KEY_NOWHERE, SWITCH(0) },
	{ "server.set-v6only", LISTENER(v6only), SWITCH(1) },
	{ "server.v4mapped", SCOPE_LISTENER, KEY_NOWHERE, SWITCH(0) },
	{ "server.socket-perms", LISTENER(perms),
	    KEY_MODE, 0, 0777, KEY_UNSET },
	{ "server.defer-accept", LISTENER(defer_accept),
	    KEY_SECONDS, 0, 65535, 0 },
	{ "server.bsd-accept-filter", LISTENER(accept_filter),
	    PLAIN(KEY_STRING) },
	{ "server.ip-transparent", LISTENER(transparent), SWITCH(0) },
	{ "sockproxy.listen", SCOPE_LISTENER, KEY_NOWHERE, PLAIN(KEY_ADDRS) },

	/* ---- a block ---- */
	{ "sockproxy.server", SCOPE_BLOCK, KEY_NOWHERE, PLAIN(KEY_SERVERS) },
	{ "sockproxy.server-default", SCOPE_BLOCK, KEY_NOWHERE,
	    PLAIN(KEY_DEFAULTS) },
	{ "sockproxy.balance", PROFILE(balance),
	    KEY_WORD, 0, WORDS_BALANCE, BALANCE_LEAST },
	{ "sockproxy.debug", PROFILE(debug), KEY_NUMBER, 0, 65535, 0 },
	{ "sockproxy.half-close-timeout", PROFILE(half_close_timeout),
	    TIME(3600000) },
	{ "server.max-read-idle", PROFILE(max_read_idle), TIME(0) },
	{ "server.max-write-idle", PROFILE(max_write_idle), TIME(0) },
	{ "connection.kbytes-per-second", PROFILE(kbytes),
	    KEY_KIB, 0, MAX_KIB, 0 },
	{ "sockproxy.log-sessions", PROFILE(log_sessions),
	    KEY_WORD, 0, WORDS_LOG, LOG_SESSIONS_ALL },
	{ "sockproxy.splice", PROFILE(splice), KEY_WORD, 0, WORDS_SPLICE, 1 },

	/* ---- a backend ---- */
	{ "host", SCOPE_HOST, KEY_NOWHERE, PLAIN(KEY_STRING) },
	{ "port", BACKEND(port), KEY_NUMBER, 1, 65535, KEY_PORT },
	{ "socket", SCOPE_HOST, KEY_NOWHERE, PLAIN(KEY_STRING) },
	{ "connect-timeout", BACKEND(connect_timeout), TIME(8000) },
	{ "read-timeout", BACKEND(read_timeout), TIME(0) },
	{ "write-timeout", BACKEND(write_timeout), TIME(0) },
	{ "disable-time", BACKEND(disable_time), TIME(1000) },
	{ "tcp-fin-propagate", SCOPE_HOST, KEY_NOWHERE, SWITCH(1) }
};

enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };
_Static_assert((int)NKEYS <= (int)KEYS_MAX, "KEYS_MAX");

/*
 * What else lighttpd 1.4 knows, all versions.  Braces are a shell's: what is in
 * them goes on where the word in front of them ends.
 */
static const char *const ignored =
    "accesslog.{escaping filename format syslog-level use-syslog}"
    "ajp13.{balance debug map-extensions server}"
    "alias.url "
    "auth.{backend backend.{dbi gssapi.{keytab principal store-creds}"
    "htdigest.userfile htpasswd.userfile ldap.{allow-empty-pw base-dn "
    "bind-{dn pw}ca-file filter groupmember hostname starttls timeout}"
    "mysql.{col_pass col_realm col_user db host pass port socket user "
    "users_table}pam.opts plain.{groupfile userfile}sasl.opts}cache debug "
    "extern-authn require}"
    "cgi.{assign execute-x-only limits local-redir upgrade x-sendfile "
    "x-sendfile-docroot}"
    "cml.{extension memcache-{hosts namespace}power-magnet}"
    "compress.{allowed-encodings cache-dir filetype max-{filesize loadavg}}"
    "debug.{log-{condition-handling file-not-found request-{handling header "
    "header-on-error}response-header ssl-noise state-handling timeouts}}"
    "deflate.{allowed-encodings cache-dir compression-level "
    "max-{compress-size loadavg}mimetypes min-compress-size "
    "output-buffer-size params work-block-size}"
    "dir-listing.{activate auto-layout cache encode-{header readme}encoding "
    "exclude external-{css js}hide-{dotfiles header-file readme-file}"
    "set-footer show-{header readme}sort}"
    "etag.use-{inode mtime size}"
    "evasive.{location max-conns-per-ip silent}"
    "evhost.path-pattern "
    "expire.{mimetypes url}"
    "extforward.{forwarder hap-{PROXY PROXY-ssl-client-verify}headers "
    "params}"
    "fastcgi.{balance debug map-extensions server}"
    "flv-streaming.extensions "
    "geoip.{db-filename memory-cache}"
    "index-file.names "
    "magnet.attract-{physical-path-to raw-url-to response-start-to}"
    "maxminddb.{activate db env}"
    "mimetype.{assign use-xattr xattr-name}"
    "mysql-vhost.{db hostname pass port sock sql user}"
    "proxy.{balance debug forwarded header map-extensions replace-http-host "
    "server}"
    "rrdtool.{binary db-name}"
    "scgi.{balance debug map-extensions protocol server}"
    "secdownload.{algorithm document-root hash-querystr path-segments "
    "secret timeout uri-prefix}"
    "server.{breakagelog chunkqueue-chunk-sz compat-module-load dir-listing "
    "docroot document-root error-{handler handler-404 intercept}"
    "errorfile-prefix follow-symlink force-{lower-case-files "
    "lowercase-filenames}groupid host http-{parseopt-{header-strict "
    "host-{normalize strict}}parseopts}indexfiles max-{keep-alive-{idle "
    "requests}request-{field-size size}}name network-backend "
    "protocol-http11 range-requests reject-expect-100-with-417 "
    "stat-cache-engine stream-{request-body response-body}tag upload-{dirs "
    "temp-file-size}use-keep-alive userid virtual-{default-host docroot "
    "root}}"
    "setenv.{add-{environment request-header response-header}"
    "set-{environment request-header response-header}}"
    "simple-vhost.{debug default-host document-root server-root}"
    "ssi.{conditional-requests content-type exec extension recursion-max}"
    "ssl.{acme-tls-1 ca-{crl-file dn-file file}cipher-list dh-file "
    "disable-client-renegotiation ec-curve ech-{opts public-name}"
    "empty-fragments engine honor-cipher-order openssl.ssl-conf-cmd pemfile "
    "privkey read-ahead stapling-file stek-file use-{sslv2 sslv3}"
    "verifyclient.{activate ca-{crl-file dn-file file}depth enforce "
    "exportcert username}}"
    "static-file.{disable-pathinfo etags exclude-extensions}"
    "status.{config-url enable-sort statistics-url status-url}"
    "trigger-before-download.{debug deny-url download-url gdbm-filename "
    "memcache-{hosts namespace}trigger-{timeout url}}"
    "upload-progress.progress-url "
    "url.{access-{allow deny}redirect redirect-code rewrite rewrite-{final "
    "if-not-file once repeat repeat-if-not-file}}"
    "userdir.{active basepath exclude-user include-user letterhomes path}"
    "usertrack.{cookie-{attrs domain max-age name}cookiename}"
    "vhostdb.{backend cache dbi ldap mysql pgsql}"
    "webdav.{activate is-readonly log-xml opts sqlite-db-name}"
    "wstunnel.{balance debug frame-type map-extensions origins "
    "ping-interval server}";

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

const struct key *
key_next(const struct key *key, enum key_scope scope)
{
	for (key = key != NULL ? key + 1 : keys; key < keys + NKEYS; key++)
		if (key->scope == scope && key->offset != KEY_NOWHERE)
			return key;
	return NULL;
}

const struct key *
key_find(const char *name, bool host)
{
	static uint32_t hashes[NKEYS];
	uint32_t hash = text_casehash(name);
	unsigned i;

	for (i = 0; hashes[NKEYS - 1] == 0 && i < NKEYS; i++)
		hashes[i] = text_casehash(keys[i].name);
	for (i = 0; i < NKEYS; i++)
		if (hashes[i] == hash && (keys[i].scope == SCOPE_HOST) == host &&
		    text_casecmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

struct setting *
key_setting(const struct key *key, const void *base)
{
	return (struct setting *)((uintptr_t)base + key->offset);
}

/* A walk over the ignored names. */
struct walk {
	const char	*at;
	size_t		 len;		/* of name, as far as it is known */
	unsigned	 depth;		/* open braces */
	size_t		 outer[8];	/* bytes of name in front of each */
	char		 name[NAME_MAX];
};

/* The next one.  False after the last one. */
static bool
next_ignored(struct walk *w)
{
	bool whole;
	char c;

	while ((c = *w->at) != '\0') {
		w->at++;
		if (c == '{')
			w->outer[++w->depth] = w->len;
		else if (c != '}' && c != ' ')
			w->name[w->len++] = c;
		else {
			w->name[w->len] = '\0';
			whole = w->len > w->outer[w->depth];
			if (c == '}')
				w->depth--;
			w->len = w->outer[w->depth];
			if (whole)
				return true;
		}
	}
	return false;
}

bool
key_ignored(const char *name)
{
	struct walk w = { .at = ignored };

	while (next_ignored(&w))
		if (text_casecmp(w.name, name) == 0)
			return true;
	return false;
}

void
key_nearer(struct key_near *near, const char *name)
{
	unsigned d = text_distance(near->name, name, near->least);

	if (d >= near->least)
		return;
	near->least = d;
	text_format(near->hint, sizeof(near->hint), ", did you mean %s%s%s?",
	    near->quote, name, near->quote);
}

const char *
key_nearest(struct key_near *near, const char *name, bool host)
{
	struct walk w = { .at = ignored };
	unsigned i;

	near->name = name;
	near->quote = host ? "\"" : "";
	near->least = strlen(name) < 6 ? 3 : 4;
	near->hint[0] = '\0';
	for (i = 0; i < NKEYS; i++)
		if ((keys[i].scope == SCOPE_HOST) == host)
			key_nearer(near, keys[i].name);
	while (!host && next_ignored(&w))
		key_nearer(near, w.name);
	return near->hint;
}

const struct key *
key_like(const struct key *key, const char *word)
{
	const char *dot;

	for (key = key != NULL ? key + 1 : keys; key < keys + NKEYS; key++) {
		dot = strrchr(key->name, '.');
		if (text_casecmp(dot != NULL ? dot + 1 : key->name, word) == 0)
			return key;
	}
	return NULL;
}

const char *
key_like_hint(struct key_near *near, const char *word)
{
	const struct key *key = NULL;
	size_t len = 0;

	near->hint[0] = '\0';
	while ((key = key_like(key, word)) != NULL)	/* over the last "?" */
		len += text_format(near->hint + len, sizeof(near->hint) - len,
		    key->scope == SCOPE_HOST ? "%s\"%s\" of a backend?" :
		    "%s%s?", len == 0 ? ", did you mean " : " or ", key->name) - 1;
	return near->hint;
}
