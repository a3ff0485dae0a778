/*
 * t_conf.c - the configuration: what is accepted, what it comes to, what is
 * refused and how.
 *
 * tests/conf/good is accepted; tests/conf/bad has for each file the errors that
 * it must give, all of them and nothing else.
 */
#include <atf-c.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_int.h"
#include "conf_same.h"
#include "resolve.h"
#include "text.h"

enum { OUTPUT = 4 * 1024 * 1024, PATH = 1024 };

static struct setup	one, two;

/* What was put: errors and warnings, or a dump. */
struct output {
	char	text[OUTPUT];
	size_t	len;
	int	errors;
};

static struct output	said, dumped, again;

static void
clear(struct output *o)
{
	o->len = 0;
	o->errors = 0;
	o->text[0] = '\0';
}

static void
put(void *arg, const char *line)
{
	struct output	*o = arg;
	size_t		 n = strlen(line);

	ATF_REQUIRE(o->len + n + 2 < OUTPUT);
	memcpy(o->text + o->len, line, n);
	o->len += n;
	o->text[o->len++] = '\n';
	o->text[o->len] = '\0';
	if (strstr(line, "error: ") != NULL)
		o->errors++;
}

static bool
parse(struct setup *setup, const char *text)
{
	clear(&said);
	return conf_text(setup, "t", text, strlen(text), put, &said);
}

/* It is accepted; its dump is too and means the same. */
static void
accept_setup(const char *name)
{
	const char	*why;

	clear(&dumped);
	conf_dump(&one, put, &dumped);
	clear(&again);
	ATF_REQUIRE_MSG(conf_text(&two, "dump", dumped.text, dumped.len, put,
	    &again), "%s: its dump is refused: %s\n%s", name, again.text,
	    dumped.text);
	ATF_CHECK_STREQ("", again.text);
	why = conf_same(&one, &two);
	ATF_REQUIRE_MSG(why == NULL, "%s: the dump differs in %s:\n%s", name,
	    why, dumped.text);
}

static void
good(const char *text)
{
	ATF_REQUIRE_MSG(parse(&one, text), "%.300s\nis refused: %s", text,
	    said.text);
	accept_setup(text);
}

/* It is refused, and says this among other things. */
static void
bad(const char *text, const char *error)
{
	ATF_CHECK_MSG(!parse(&one, text), "%.300s\nis accepted", text);
	ATF_CHECK_MSG(strstr(said.text, error) != NULL,
	    "%.300s\ngives: %.900sand not: %s", text, said.text, error);
}

static const struct setup_listener *
listener(const char *name)
{
	for (uint32_t i = 0; i < one.nlisteners; i++)
		if (strcmp(conf_string(&one, one.listeners[i].name), name) == 0)
			return &one.listeners[i];
	atf_tc_fail("no listener %s", name);
}

/* The profile of a client, as the relay finds it; NULL is a Unix peer. */
static const struct setup_profile *
profile(const char *name, const char *client)
{
	const struct setup_listener	*l = listener(name);
	const struct setup_class	*c = &one.classes[l->first_class];
	struct os_addr			 a;

	if (client != NULL)
		ATF_REQUIRE(conf_addr_ip(client, &a) != NULL);
	for (uint32_t i = 0; i < l->nclasses; i++, c++)
		if (c->family == OS_NONE || (client != NULL &&
		    addr_in_net(a.u.ip, a.family, c->ip, c->family, c->bits)))
			return &one.profiles[c->profile];
	atf_tc_fail("no class for %s", client != NULL ? client : "nobody");
}

static uint32_t
debug_of(const char *name, const char *client)
{
	return profile(name, client)->debug.v;
}

static const struct setup_backend *
backend(unsigned i)
{
	ATF_REQUIRE(i < one.nbackends);
	return &one.backends[i];
}

#define SERVER	"sockproxy.server = ( \"10.0.0.1:80\" )\n"

/* ---- the corpus ---- */

static int
each_file(const atf_tc_t *tc, const char *dir, void (*check)(const char *))
{
	char		 path[PATH];
	struct dirent	**names;
	int		 i, n, count = 0;
	size_t		 len;

	snprintf(path, sizeof(path), "%s/../../tests/conf/%s",
	    atf_tc_get_config_var(tc, "srcdir"), dir);
	ATF_REQUIRE_MSG(chdir(path) == 0, "%s", path);
	n = scandir(".", &names, NULL, alphasort);
	for (i = 0; i < n; i++) {
		len = strlen(names[i]->d_name);
		if (len > 5 &&
		    strcmp(names[i]->d_name + len - 5, ".conf") == 0) {
			check(names[i]->d_name);
			count++;
		}
	}
	return count;
}

static void
check_good(const char *name)
{
	clear(&said);
	ATF_REQUIRE_MSG(conf_file(&one, name, put, &said), "%s: %s", name,
	    said.text);
	ATF_CHECK_EQ_MSG(0, said.errors, "%s: %s", name, said.text);
	accept_setup(name);
}

ATF_TC_WITHOUT_HEAD(good_files_are_accepted_and_dumped);
ATF_TC_BODY(good_files_are_accepted_and_dumped, tc)
{
	ATF_CHECK(each_file(tc, "good", check_good) >= 8);
}

static void
check_bad(const char *name)
{
	char	 path[PATH];
	FILE	*f;
	size_t	 n;

	clear(&said);
	ATF_CHECK_MSG(!conf_file(&one, name, put, &said), "%s: accepted", name);
	snprintf(path, sizeof(path), "%.*serr", (int)strlen(name) - 4, name);
	ATF_REQUIRE_MSG((f = fopen(path, "r")) != NULL, "%s", path);
	n = fread(again.text, 1, OUTPUT - 1, f);
	again.text[n] = '\0';
	fclose(f);
	ATF_CHECK_STREQ(again.text, said.text);
}

ATF_TC_WITHOUT_HEAD(bad_files_give_all_their_errors);
ATF_TC_BODY(bad_files_give_all_their_errors, tc)
{
	unsetenv("SOCKPROXY_TEST_UNSET");
	ATF_CHECK(each_file(tc, "bad", check_bad) >= 14);
}

/* ---- language ---- */

ATF_TC_WITHOUT_HEAD(values_add_up);
ATF_TC_BODY(values_add_up, tc)
{
	good("a = 1 + 2\nb = \"7\" + a\nsockproxy.debug = b + \"\"\n" SERVER);
	ATF_CHECK_EQ(73, debug_of(":80", NULL));
	good("sockproxy.debug = 1 +\n1\n" SERVER);
	ATF_CHECK_EQ(2, debug_of(":80", NULL));
	good("l = ( \"10.0.0.1:1\" )\nl += ( \"10.0.0.2:2\" )\n"
	    "sockproxy.server = l + ( \"x\" => \"10.0.0.3:3\" )\n");
	ATF_CHECK_EQ(3, one.nbackends);
	ATF_CHECK_STREQ("x", conf_string(&one, backend(2)->label));
	good("l = ( \"a\" => 1 ) + ( \"A\" => 1 )\n" SERVER);
	bad("l = ( \"a\" => none )\nl += ( \"a\" => none )\n" SERVER,
	    "t:2:15: error: var.none has no value here");
	bad("l = ( \"a\" => 1 ) + ( \"A\" => 2 )\n" SERVER, "t:1:22: error: "
	    "\"A\"");
	good("l = ( \"a\" => \"x\" ) + ( \"A\" => \"x\" )\n" SERVER);
	bad("l = ( \"a\" => \"x\" ) + ( \"A\" => \"y\" )\n" SERVER,
	    "t:1:24: error: \"A\"");
	bad("a = \"x\" + ( 1 )\n" SERVER, "t:1:11: error: cannot add a list "
	    "to");
	bad("a = 4000000000 + 294967296\n" SERVER, "t:1:18: error: the sum");
}

ATF_TC_WITHOUT_HEAD(variables_have_scopes);
ATF_TC_BODY(variables_have_scopes, tc)
{
	char	text[800], error[300];

	good("d = 1\n" SERVER
	    "$SERVER[\"socket\"] == \":81\" { d := 2 sockproxy.debug = d\n"
	    " $HTTP[\"remoteip\"] == \"10.0.0.1\" { sockproxy.debug = Var.D + "
	    "5 } }\n"
	    "sockproxy.debug = d");
	ATF_CHECK_EQ(1, debug_of(":80", "10.0.0.1"));
	ATF_CHECK_EQ(2, debug_of(":81", "10.0.0.2"));
	ATF_CHECK_EQ(7, debug_of(":81", "10.0.0.1"));
	bad("$SERVER[\"socket\"] == \":81\" { d = 1 }\nsockproxy.debug = d\n",
	    "t:2:19: error: var.d has no value here");
	bad("colour = 1\nsockproxy.debug = color\n", "did you mean "
	    "var.colour?");
	snprintf(text, sizeof(text), "v%0240dx = 1\na = v%0240dy\n" SERVER, 0,
	    0);
	snprintf(error, sizeof(error), "did you mean var.v%0240dx?", 0);
	bad(text, error);
	bad("sockproxy.debug = server.port\n", "defaults cannot be read");
	/* a key can be read as a variable can */
	good("server.port = 8080\nsockproxy.debug = server.port\n" SERVER);
	ATF_CHECK_EQ(8080, debug_of(":8080", NULL));
}

ATF_TC_WITHOUT_HEAD(append_takes_the_nearest_value_around);
ATF_TC_BODY(append_takes_the_nearest_value_around, tc)
{
	good(SERVER "sockproxy.debug = 1\n"
	    "$SERVER[\"socket\"] == \":81\" { sockproxy.debug += 10\n"
	    " sockproxy.server += ( \"10.0.0.2:80\" )\n"
	    " $HTTP[\"remoteip\"] == \"10.0.0.1\" { sockproxy.debug += 100 }\n"
	    " sockproxy.debug += 1000 }\n");
	ATF_CHECK_EQ(1, debug_of(":80", NULL));
	ATF_CHECK_EQ(1011, debug_of(":81", NULL));
	ATF_CHECK_EQ(111, debug_of(":81", "10.0.0.1"));
	ATF_CHECK_EQ(2, one.pools[profile(":81", NULL)->pool].nbackends);
	good("sockproxy.debug += 3\n" SERVER);
	ATF_CHECK_EQ(3, debug_of(":80", NULL));
}

ATF_TC_WITHOUT_HEAD(a_second_assignment_is_an_error_unless_meant);
ATF_TC_BODY(a_second_assignment_is_an_error_unless_meant, tc)
{
	bad("sockproxy.debug = 1\nSOCKPROXY.debug = 2\n" SERVER,
	    "t:2:1: error: SOCKPROXY.debug is set in this block already (t:1)");
	good("sockproxy.debug = 1\nsockproxy.debug := 2\n" SERVER);
	ATF_CHECK_EQ(2, debug_of(":80", NULL));
	/* a repeated condition is the same block */
	bad("$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 2 }\n",
	    "is set in this block already (t:1)");
	/* and so it is when its address is written in another way */
	bad("$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] == \"0.0.0.0:81\" { sockproxy.debug = 2 }\n"
	    SERVER, "t:2:37: error: sockproxy.debug is set for this listener "
	    "already (t:1); := replaces");
	bad("$SERVER[\"socket\"] == \":81\" { " SERVER " }\n"
	    "$SERVER[\"socket\"] == \"*:81\" { sockproxy.server += "
	    "( \"10.0.0.9\" ) }\n", "t:3:31: error: sockproxy.server is set "
	    "for this listener already");
	good("sockproxy.debug = 1\nserver.port = 81\n"
	    "$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 2\n"
	    "var.x = 1 }\n"
	    "$SERVER[\"socket\"] == \"0.0.0.0:81\" { sockproxy.debug := 3\n"
	    "var.x = 2 }\n"
	    SERVER);
	ATF_CHECK_EQ(3, debug_of(":81", NULL));
	/* global { } is the top level */
	bad("sockproxy.debug = 1\n$SERVER[\"socket\"] == \":81\" {\n"
	    "global { sockproxy.debug = 2 } }\n", "t:3:10: error: ");
}

ATF_TC_WITHOUT_HEAD(the_environment_can_be_read);
ATF_TC_BODY(the_environment_can_be_read, tc)
{
	setenv("SOCKPROXY_TEST", "33", 1);
	good("sockproxy.debug = env.SOCKPROXY_TEST\n" SERVER);
	ATF_CHECK_EQ(33, debug_of(":80", NULL));
	setenv("SOCKPROXY_TEST", "x\\", 1);
	bad("server.errorlog = env.SOCKPROXY_TEST\n" SERVER,
	    "cannot end in a backslash");
	setenv("SOCKPROXY_TEST", "x\001", 1);
	bad("server.errorlog = env.SOCKPROXY_TEST\n" SERVER,
	    "control characters");
	unsetenv("SOCKPROXY_TEST");
	bad("server.errorlog = env.SOCKPROXY_TEST\n" SERVER,
	    "t:1:19: error: the environment has no SOCKPROXY_TEST");
	bad("env.X = \"1\"\n" SERVER, "cannot be changed");
	good("server.errorlog = var.CWD + \"/x.\" + var.PID\n" SERVER);
	ATF_REQUIRE(getcwd(again.text, OUTPUT) != NULL);
	snprintf(again.text + strlen(again.text), 40, "/x.%ld", (long)getpid());
	ATF_CHECK_STREQ(again.text, conf_string(&one, one.server.errorlog.v));
}

ATF_TC_WITHOUT_HEAD(numbers_times_sizes_and_words);
ATF_TC_BODY(numbers_times_sizes_and_words, tc)
{
	good("server.max-connections = \"0123\"\nserver.max-fds = 77\n"
	    "server.core-files = \"EnAbLeD\"\nserver.ip-transparent = 1\n"
	    "sockproxy.sandbox = \"false\"\n"
	    "server.errorlog-use-syslog = \"TRUE\"\n"
	    "server.syslog-facility = \"local7\"\n"
	    "server.kbytes-per-second = \"2M\"\nconnection.kbytes-per-second "
	    "= \"16k\"\n"
	    "sockproxy.half-close-timeout = \"500ms\"\nserver.max-read-idle = "
	    "\"2h\"\n"
	    "server.max-write-idle = 360\nsockproxy.control-perms = \"640\"\n"
	    "server.event-handler = \"linux-sysepoll\"\n"
	    "server.feature-flags = ( \"server.graceful-shutdown-timeout\" => "
	    "\"1m\" )\n"
	    "sockproxy.balance = \"least-connection\"\n" SERVER);
	ATF_CHECK_EQ(123, one.server.max_connections.v);
	ATF_CHECK_EQ(77, one.server.max_fds.v);
	ATF_CHECK_EQ(1, one.server.core_files.v);
	ATF_CHECK_EQ(0, one.server.sandbox.v);
	ATF_CHECK_EQ(1, one.server.use_syslog.v);
	ATF_CHECK_EQ(23 << 3, one.server.syslog_facility.v);
	ATF_CHECK_EQ(2048, one.server.kbytes.v);
	ATF_CHECK_EQ(60000, one.server.graceful_ms.v);
	ATF_CHECK_EQ(0640, one.server.control_perms.v);
	ATF_CHECK_STREQ("epoll", conf_string(&one, one.server.event_handler.v));
	ATF_CHECK_EQ(16, profile(":80", NULL)->kbytes.v);
	ATF_CHECK_EQ(500, profile(":80", NULL)->half_close_timeout.v);
	ATF_CHECK_EQ(7200000, profile(":80", NULL)->max_read_idle.v);
	ATF_CHECK_EQ(360000, profile(":80", NULL)->max_write_idle.v);
	ATF_CHECK_EQ(BALANCE_LEAST, profile(":80", NULL)->balance.v);
	/* where it does not belong, or by half of its name, it would do nothing */
	bad("server.graceful-shutdown-timeout = 30\n" SERVER, "t:1:1: error: "
	    "server.graceful-shutdown-timeout is one of server.feature-flags, "
	    "not a directive");
	bad("server.feature-flags = ( \"graceful-shutdown-timeout\" => 30 )\n"
	    SERVER, "did you mean \"server.graceful-shutdown-timeout\"?");
}

ATF_TC_WITHOUT_HEAD(values_out_of_range_are_refused);
ATF_TC_BODY(values_out_of_range_are_refused, tc)
{
	static const struct {
		const char	*good, *bad;
	} edges[] = {
		{ "sockproxy.debug = 65535", "sockproxy.debug = 65536" },
		{ "sockproxy.debug = \"0\"", "sockproxy.debug = \"\"" },
		{ "server.max-connections = 1", "server.max-connections = 0" },
		{ "server.max-connections = 1000000",
		    "server.max-connections = 1000001" },
		{ "server.max-read-idle = 2592000",
		    "server.max-read-idle = 2592001" },
		{ "server.max-read-idle = \"30d\"",
		    "server.max-read-idle = \"31d\"" },
		{ "server.max-read-idle = \"2592000000ms\"",
		    "server.max-read-idle = \"2592000001ms\"" },
		{ "server.max-read-idle = \"1M\"",
		    "server.max-read-idle = \"1 m\"" },
		{ "sockproxy.control-perms = \"0777\"",
		    "sockproxy.control-perms = \"1777\"" },
		{ "sockproxy.control-perms = \"0\"",
		    "sockproxy.control-perms = \"\"" },
		{ "server.socket-perms = \"\"",
		    "server.socket-perms = \"008\"" },
		{ "server.kbytes-per-second = \"4g\"",
		    "server.kbytes-per-second = \"5g\"" },
		{ "server.defer-accept = 65535",
		    "server.defer-accept = 65536" },
		{ "server.defer-accept = \"2000ms\"",
		    "server.defer-accept = \"2001ms\"" },
		{ "server.defer-accept = \"Enable\"",
		    "server.defer-accept = \"kill\"" },
		{ "server.core-files = 1", "server.core-files = 2" },
		{ "server.port = 65535", "server.port = 65536" },
		{ "server.syslog-facility = \"news\"",
		    "server.syslog-facility = \"News\"" },
		{ "status.listen = \"\"", "status.listen = \"x y\"" },
		{ "status.listen = \"[::1]:80\"", "status.listen = \"::1:80\"" }
	};
	char	conf[200];

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		snprintf(conf, sizeof(conf), "%s\n" SERVER, edges[i].good);
		good(conf);
		snprintf(conf, sizeof(conf), "%s\n" SERVER, edges[i].bad);
		bad(conf, "t:1:");
	}
}

ATF_TC_WITHOUT_HEAD(defaults_are_as_documented);
ATF_TC_BODY(defaults_are_as_documented, tc)
{
	const struct setup_profile	*p;

	good(SERVER);
	ATF_CHECK_EQ(1024, one.server.max_connections.v);
	ATF_CHECK_EQ(0, one.server.max_connections.at);
	ATF_CHECK_EQ(3000, one.server.graceful_ms.v);
	ATF_CHECK_EQ(1, one.server.sandbox.v);
	ATF_CHECK_EQ(0600, one.server.control_perms.v);
	ATF_CHECK_EQ(3 << 3, one.server.syslog_facility.v);
	p = profile(":80", NULL);
	ATF_CHECK_EQ(3600000, p->half_close_timeout.v);
	ATF_CHECK_EQ(0, p->max_read_idle.v + p->max_write_idle.v + p->kbytes.v);
	ATF_CHECK_EQ(BALANCE_LEAST, p->balance.v);
	ATF_CHECK_EQ(LOG_SESSIONS_ALL, p->log_sessions.v);
	ATF_CHECK_EQ(1, p->splice.v);
	ATF_CHECK_EQ(1024, listener(":80")->backlog.v);
	ATF_CHECK_EQ(1, listener(":80")->v6only.v);
	ATF_CHECK_EQ(UINT32_MAX, listener(":80")->perms.v);
	ATF_CHECK_EQ(8000, backend(0)->connect_timeout.v);
	ATF_CHECK_EQ(1000, backend(0)->disable_time.v);
	ATF_CHECK_EQ(0, backend(0)->read_timeout.v);
}

ATF_TC_WITHOUT_HEAD(every_value_knows_its_line);
ATF_TC_BODY(every_value_knows_its_line, tc)
{
	good("\n\nserver.max-connections = 5\n"
	    "$SERVER[\"socket\"] == \":81\" {\n\tsockproxy.server = ( \"\" => "
	    "(\n"
	    "\t\"web\" => (\n\t\t\"host\" => \"10.0.0.1\",\n"
	    "\t\t\"connect-timeout\" => 3 ) ) )\n\tserver.max-read-idle = 9 "
	    "}\n");
	ATF_CHECK_STREQ("t:3", conf_at(&one, one.server.max_connections.at));
	ATF_CHECK_STREQ("default", conf_at(&one, one.server.max_fds.at));
	ATF_CHECK_STREQ("t:4", conf_at(&one, listener(":81")->at));
	ATF_CHECK_STREQ("t:6", conf_at(&one, backend(0)->at));
	ATF_CHECK_STREQ("t:8", conf_at(&one,
	    backend(0)->connect_timeout.at));
	ATF_CHECK_STREQ("t:9", conf_at(&one, profile(":81", NULL)->
	    max_read_idle.at));
}

/* ---- conditions ---- */

ATF_TC_WITHOUT_HEAD(the_longest_network_decides);
ATF_TC_BODY(the_longest_network_decides, tc)
{
	good(SERVER
	    "$HTTP[\"remoteip\"] == \"10.1.0.0/16\" { sockproxy.debug = 16 }\n"
	    "$HTTP[\"remoteip\"] == \"10.1.2.0/24\" { sockproxy.balance = "
	    "\"hash\" }\n"
	    "$HTTP[\"remoteip\"] == \"10.1.2.3\" { sockproxy.debug = 32 }\n"
	    "$HTTP[\"remoteip\"] == \"fd00::/8\" { sockproxy.debug = 8 }\n"
	    "$HTTP[\"remoteip\"] == \"::1\" { sockproxy.debug = 128 }\n"
	    "$HTTP[\"remoteip\"] == \"::ffff:192.168.0.0/112\" { "
	    "sockproxy.debug = 112 }\n");
	ATF_CHECK_EQ(0, debug_of(":80", "10.2.0.0"));
	ATF_CHECK_EQ(16, debug_of(":80", "10.1.0.0"));
	ATF_CHECK_EQ(16, debug_of(":80", "10.1.2.4"));
	ATF_CHECK_EQ(BALANCE_HASH, profile(":80", "10.1.2.4")->balance.v);
	ATF_CHECK_EQ(32, debug_of(":80", "10.1.2.3"));
	ATF_CHECK_EQ(BALANCE_HASH, profile(":80", "10.1.2.3")->balance.v);
	ATF_CHECK_EQ(BALANCE_LEAST, profile(":80", "10.1.3.1")->balance.v);
	ATF_CHECK_EQ(8, debug_of(":80", "fd12::1"));
	ATF_CHECK_EQ(128, debug_of(":80", "::1"));
	ATF_CHECK_EQ(112, debug_of(":80", "192.168.5.5"));
	ATF_CHECK_EQ(0, debug_of(":80", NULL));
}

ATF_TC_WITHOUT_HEAD(host_bits_of_a_network_mean_nothing);
ATF_TC_BODY(host_bits_of_a_network_mean_nothing, tc)
{
	good(SERVER
	    "$HTTP[\"remoteip\"] == \"10.1.2.3/8\" { sockproxy.debug = 1 }\n"
	    "$HTTP[\"remoteip\"] == \"10.0.0.0/8\" { sockproxy.balance = "
	    "\"hash\" }\n"
	    "$HTTP[\"remoteip\"] == \"fd12:3::1/7\" { sockproxy.debug = 7 }\n");
	ATF_CHECK_EQ(3, listener(":80")->nclasses);
	ATF_CHECK_EQ(1, debug_of(":80", "10.9.9.9"));
	ATF_CHECK_EQ(BALANCE_HASH, profile(":80", "10.9.9.9")->balance.v);
	ATF_CHECK_EQ(7, debug_of(":80", "fc00::1"));
}

ATF_TC_WITHOUT_HEAD(the_last_block_that_holds_wins);
ATF_TC_BODY(the_last_block_that_holds_wins, tc)
{
	/* a wider network that comes later wins over a narrower one */
	good(SERVER
	    "$HTTP[\"remoteip\"] == \"10.1.0.0/16\" { sockproxy.debug = 1 }\n"
	    "$HTTP[\"remoteip\"] == \"10.0.0.0/8\" { sockproxy.debug = 2 }\n");
	ATF_CHECK_EQ(2, debug_of(":80", "10.1.1.1"));
	ATF_CHECK_EQ(2, listener(":80")->nclasses);	/* /8 and the rest */
	/* the top level is everyone's default, wherever it stands */
	good("$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 1 }\n" SERVER
	    "sockproxy.debug = 2\n");
	ATF_CHECK_EQ(1, debug_of(":81", NULL));
	ATF_CHECK_EQ(2, debug_of(":80", NULL));
	/* inner blocks come after outer ones, wherever they stand */
	good("$SERVER[\"socket\"] == \":81\" {\n"
	    "$HTTP[\"remoteip\"] == \"10.0.0.0/8\" { sockproxy.debug = 1 }\n"
	    "sockproxy.debug = 2\n" SERVER "}\n");
	ATF_CHECK_EQ(1, debug_of(":81", "10.0.0.1"));
	ATF_CHECK_EQ(2, debug_of(":81", "11.0.0.1"));
}

ATF_TC_WITHOUT_HEAD(not_equal_holds_for_everybody_else);
ATF_TC_BODY(not_equal_holds_for_everybody_else, tc)
{
	good(SERVER
	    "$HTTP[\"remoteip\"] != \"10.0.0.0/8\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] == \":81\" { }\n"
	    "$SERVER[\"socket\"] != \":81\" { sockproxy.balance = \"hash\" "
	    "}\n");
	ATF_CHECK_EQ(0, debug_of(":80", "10.1.1.1"));
	ATF_CHECK_EQ(1, debug_of(":80", "11.1.1.1"));
	ATF_CHECK_EQ(1, debug_of(":80", "::1"));
	ATF_CHECK_EQ(1, debug_of(":80", NULL));
	ATF_CHECK_EQ(BALANCE_HASH, profile(":80", NULL)->balance.v);
	ATF_CHECK_EQ(BALANCE_LEAST, profile(":81", NULL)->balance.v);
	/* written in another way it is the same address */
	good("$SERVER[\"socket\"] == \":81\" { " SERVER " }\n"
	    "$SERVER[\"socket\"] != \"0.0.0.0:81\" { sockproxy.debug = 1 }\n");
	ATF_CHECK_EQ(0, debug_of(":81", NULL));
	ATF_REQUIRE(parse(&one, SERVER
	    "$SERVER[\"socket\"] != \":82\" { sockproxy.debug = 1 }\n"));
	ATF_CHECK(strstr(said.text, "t:2:1: warning: no listener") != NULL);
}

ATF_TC_WITHOUT_HEAD(else_takes_what_is_left);
ATF_TC_BODY(else_takes_what_is_left, tc)
{
	good(SERVER
	    "$HTTP[\"remoteip\"] == \"10.0.0.0/8\" { sockproxy.debug = 1 }\n"
	    "else $HTTP[\"remoteip\"] == \"10.1.0.0/16\" { sockproxy.debug = "
	    "2 }\n"
	    "else if $HTTP[\"remoteip\"] == \"11.0.0.0/8\" { sockproxy.debug "
	    "= 3 }\n"
	    "elif $SERVER[\"socket\"] == \":81\" { sockproxy.debug = 4 }\n"
	    "else\n{ sockproxy.debug = 5\n"
	    " $HTTP[\"remoteip\"] == \"12.0.0.0/8\" { sockproxy.debug = 6 }\n"
	    " else { sockproxy.balance = \"hash\" } }\n");
	ATF_CHECK_EQ(1, debug_of(":80", "10.1.1.1"));
	ATF_CHECK_EQ(3, debug_of(":80", "11.1.1.1"));
	ATF_CHECK_EQ(3, debug_of(":81", "11.1.1.1"));
	ATF_CHECK_EQ(4, debug_of(":81", "12.1.1.1"));
	ATF_CHECK_EQ(6, debug_of(":80", "12.1.1.1"));
	ATF_CHECK_EQ(5, debug_of(":80", "13.1.1.1"));
	ATF_CHECK_EQ(BALANCE_HASH, profile(":80", NULL)->balance.v);
	ATF_CHECK_EQ(BALANCE_LEAST, profile(":80", "12.0.0.1")->balance.v);
}

ATF_TC_WITHOUT_HEAD(prefix_and_suffix_choose_among_listeners);
ATF_TC_BODY(prefix_and_suffix_choose_among_listeners, tc)
{
	good(SERVER "sockproxy.listen = ( \":81\", \"127.0.0.1:82\", "
	    "\"/run/x\" )\n"
	    "$SERVER[\"socket\"] =^ \"0.0.0.0:\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] =$ \":82\" { sockproxy.debug = 2 }\n"
	    "$SERVER[\"socket\"] =^ \"/\" { sockproxy.debug = 3 }\n"
	    "$HTTP[\"remoteip\"] =^ \"10.1.\" { sockproxy.debug = 4 }\n");
	ATF_CHECK_EQ(3, one.nlisteners);
	ATF_CHECK_EQ(1, debug_of(":81", NULL));
	ATF_CHECK_EQ(2, debug_of("127.0.0.1:82", NULL));
	ATF_CHECK_EQ(3, debug_of("/run/x", NULL));
	ATF_CHECK_EQ(4, debug_of("/run/x", "10.1.255.255"));
	ATF_CHECK_EQ(3, debug_of("/run/x", "10.10.0.0"));
}

ATF_TC_WITHOUT_HEAD(conditions_that_cannot_hold_are_errors);
ATF_TC_BODY(conditions_that_cannot_hold_are_errors, tc)
{
	bad("$SERVER[\"socket\"] == \":81\" { " SERVER
	    "$SERVER[\"socket\"] == \":82\" { } }\n",
	    "t:2:1: error: this can never hold");
	bad("$SERVER[\"socket\"] == \":81\" { " SERVER "}\n"
	    "else $SERVER[\"socket\"] == \"*:81\" { }\n",
	    "t:3:6: error: this can never hold");
	good("$SERVER[\"socket\"] == \":81\" { " SERVER
	    "$SERVER[\"socket\"] == \"*:81\" { sockproxy.debug = 1 } }\n");
	ATF_CHECK_EQ(1, debug_of(":81", NULL));
}

/* ---- listeners ---- */

static void
address(const char *written, const char *name, const char *text)
{
	char	conf[400], buf[ADDR_TEXT];

	snprintf(conf, sizeof(conf), "$SERVER[\"socket\"] == \"%s\" { " SERVER
	    " }\nserver.port = 99\n", written);
	good(conf);
	ATF_REQUIRE_EQ(1, one.nlisteners);
	ATF_CHECK_STREQ(name, conf_string(&one, one.listeners[0].name));
	ATF_CHECK_STREQ(text, addr_text(buf, sizeof(buf),
	    &one.listeners[0].addr));
}

ATF_TC_WITHOUT_HEAD(listeners_have_many_forms);
ATF_TC_BODY(listeners_have_many_forms, tc)
{
	address(":80", ":80", "0.0.0.0:80");
	address("*:80", "*:80", "0.0.0.0:80");
	address("0.0.0.0:80", "0.0.0.0:80", "0.0.0.0:80");
	address("127.0.0.1:65535", "127.0.0.1:65535", "127.0.0.1:65535");
	address("127.0.0.1", "127.0.0.1:99", "127.0.0.1:99");
	address("[::]:80", "[::]:80", "[::]:80");
	address("[]:80", "[]:80", "[::]:80");
	address("[::1]", "[::1]:99", "[::1]:99");
	address("[fe80::1%3]:80", "[fe80::1%3]:80", "[fe80::1%3]:80");
	address("/run/x", "/run/x", "/run/x");
	address("unix:/run/x", "/run/x", "/run/x");
	address("\\x00name", "\\x00name", "\\x00name");
	address("name.example:80", "name.example:80", "none");
	ATF_CHECK_EQ(80, one.listeners[0].addr.port);
	address("localhost", "localhost:99", "none");
}

ATF_TC_WITHOUT_HEAD(listeners_of_the_top_level);
ATF_TC_BODY(listeners_of_the_top_level, tc)
{
	good(SERVER);
	ATF_CHECK_STREQ(":80", conf_string(&one, one.listeners[0].name));
	good(SERVER "server.port = 81\nserver.bind = \"127.0.0.1\"\n");
	listener("127.0.0.1:81");
	good(SERVER "server.use-ipv6 = \"enable\"\n");
	listener("[::]:80");
	good(SERVER "server.bind = \"/run/x\"\nserver.port = 5\n");
	listener("/run/x");
	ATF_CHECK_EQ(1, one.nlisteners);
	/* with sockproxy.listen port 80 only when asked for */
	good(SERVER "sockproxy.listen = ( \":81\" )\n");
	ATF_CHECK_EQ(1, one.nlisteners);
	good(SERVER "sockproxy.listen = ( \":81\" )\nserver.port = 82\n");
	ATF_CHECK_EQ(2, one.nlisteners);
	/* no sockproxy.server at the top: no listener there */
	good("server.port = 82\n$SERVER[\"socket\"] == \":81\" { "
	    "" SERVER "}\n");
	ATF_CHECK_EQ(1, one.nlisteners);
	/* the address of the top level may have a block */
	good(SERVER "$SERVER[\"socket\"] == \"*:80\" { sockproxy.debug = 1 "
	    "}\n");
	ATF_CHECK_EQ(1, one.nlisteners);
	ATF_CHECK_EQ(1, debug_of(":80", NULL));
}

ATF_TC_WITHOUT_HEAD(a_block_may_have_more_listeners);
ATF_TC_BODY(a_block_may_have_more_listeners, tc)
{
	good("$SERVER[\"socket\"] == \":81\" { sockproxy.debug = 1 " SERVER
	    "sockproxy.listen = ( \":82\", \"/run/x\" )\n"
	    "server.listen-backlog = 7 }\n"
	    "else { sockproxy.debug = 2 }\n"
	    "$SERVER[\"socket\"] == \":83\" { " SERVER "}\n"
	    "$SERVER[\"socket\"] != \":81\" { sockproxy.balance = \"hash\" "
	    "}\n");
	ATF_CHECK_EQ(4, one.nlisteners);
	ATF_CHECK_EQ(1, debug_of(":82", NULL));
	ATF_CHECK_EQ(1, debug_of("/run/x", NULL));
	ATF_CHECK_EQ(7, listener("/run/x")->backlog.v);
	ATF_CHECK_EQ(2, debug_of(":83", NULL));
	ATF_CHECK_EQ(BALANCE_LEAST, profile(":82", NULL)->balance.v);
	ATF_CHECK_EQ(BALANCE_HASH, profile(":83", NULL)->balance.v);
	bad("$SERVER[\"socket\"] == \":81\" { " SERVER
	    "sockproxy.listen = ( \"0.0.0.0:81\" ) }\n",
	    "t:2:22: error: \"0.0.0.0:81\" is a listener already (t:1)");
	bad("$SERVER[\"socket\"] == \":81\" { " SERVER
	    "sockproxy.listen = ( \":82\" ) }\n"
	    "$SERVER[\"socket\"] == \":82\" { }\n",
	    "t:3:1: error: \":82\" is a listener already (t:2)");
}

ATF_TC_WITHOUT_HEAD(the_top_level_may_have_backends_in_a_condition);
ATF_TC_BODY(the_top_level_may_have_backends_in_a_condition, tc)
{
#define SOME	"$HTTP[\"remoteip\"] == \"::1\" { " SERVER "}\n"
#define OTHER	"$SERVER[\"socket\"] == \":81\" { " SERVER "}\n"
	static const char *const	opens[] = {
		"server.port = 82\n" SOME, "server.bind = \"*:82\"\n" SOME,
		SOME OTHER "server.port = 82\n",
		"server.port = 82\nsockproxy.server = ( )\n" SOME
	};

	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		ATF_REQUIRE_MSG(parse(&one, opens[i]), "%s", said.text);
		ATF_CHECK_STREQ("", said.text);
		ATF_CHECK_EQ(0, one.pools[profile(i == 1 ? "*:82" : ":82",
		    NULL)->pool].nbackends);
	}
	/* without either of the two it is meant for the others */
	ATF_REQUIRE(parse(&one, SOME OTHER));
	ATF_CHECK_EQ(1, one.nlisteners);
	ATF_REQUIRE(parse(&one, "server.port = 82\n" OTHER));
	ATF_CHECK_EQ(1, one.nlisteners);
	ATF_CHECK(strstr(said.text, "t:1:1: warning: \":82\" is not opened") !=
	    NULL);
#undef SOME
#undef OTHER
}

ATF_TC_WITHOUT_HEAD(listeners_without_backends_are_not_opened);
ATF_TC_BODY(listeners_without_backends_are_not_opened, tc)
{
	ATF_REQUIRE(parse(&one, SERVER
	    "$SERVER[\"socket\"] == \":81\" { sockproxy.server = ( ) }\n"
	    "$SERVER[\"socket\"] == \":82\" { sockproxy.server = ( )\n"
	    "$HTTP[\"remoteip\"] == \"::1\" { sockproxy.server := ( "
	    "\"10.0.0.2:2\" ) } }\n"));
	ATF_CHECK_EQ(2, one.nlisteners);
	ATF_CHECK(strstr(said.text, "t:2:1: warning: \":81\" is not opened") !=
	    NULL);
	ATF_CHECK_EQ(0, one.pools[profile(":82", NULL)->pool].nbackends);
	ATF_CHECK_EQ(1, one.pools[profile(":82", "::1")->pool].nbackends);
	accept_setup("no backends");
	/* nor do they get the backends of others */
	ATF_REQUIRE(parse(&one, "$SERVER[\"socket\"] == \":83\" { " SERVER "}\n"
	    "$SERVER[\"socket\"] == \":84\" { }\n"));
	ATF_CHECK_EQ(1, one.nlisteners);
	ATF_CHECK(strstr(said.text, "t:3:1: warning: \":84\" is not opened") !=
	    NULL);
	bad("", "t: error: there is nothing to do");
	bad("$SERVER[\"socket\"] == \":81\" { }\n", "there is nothing to do");
}

ATF_TC_WITHOUT_HEAD(version_6_of_a_listener);
ATF_TC_BODY(version_6_of_a_listener, tc)
{
	good(SERVER "server.bind = \"[::]\"\nserver.set-v6only = \"disable\"\n"
	    "$SERVER[\"socket\"] == \"[::]:81\" { server.v4mapped = "
	    "\"disable\" }\n"
	    "$SERVER[\"socket\"] == \"[::]:82\" { server.set-v6only = "
	    "\"enable\"\n"
	    " server.v4mapped = \"enable\" }\n"
	    "$SERVER[\"socket\"] == \":83\" { server.use-ipv6 = \"enable\" }\n"
	    "$SERVER[\"socket\"] == \":84\" { }\n"
	    "$SERVER[\"socket\"] == \"*:85\" { server.use-ipv6 = \"enable\" "
	    "}\n");
	ATF_CHECK_EQ(0, listener("[::]:80")->v6only.v);
	ATF_CHECK_EQ(1, listener("[::]:81")->v6only.v);
	ATF_CHECK_EQ(0, listener("[::]:82")->v6only.v);
	listener("[::]:83");
	listener(":84");
	ATF_CHECK_EQ(OS_IPV4, listener("*:85")->addr.family);
	bad("$SERVER[\"socket\"] == \"[*]:81\" { " SERVER "}", "t:1:22:");
}

ATF_TC_WITHOUT_HEAD(a_variable_that_was_meant_for_a_key_is_said);
ATF_TC_BODY(a_variable_that_was_meant_for_a_key_is_said, tc)
{
	good("Balance = \"sticky\"\n"
	    "$SERVER[\"socket\"] == \":81\" { " SERVER "\n"
	    " connect-timeout = 3\n port = 80\n port := 81\n"
	    " var.balance = 1\n}\n");
	ATF_CHECK_STREQ("t:1:1: warning: this variable is used nowhere, "
	    "did you mean sockproxy.balance?\n"
	    "t:4:2: warning: this variable is used nowhere, "
	    "did you mean \"connect-timeout\" of a backend?\n"
	    "t:6:2: warning: this variable is used nowhere, "
	    "did you mean server.port or \"port\" of a backend?\n"
	    "t:7:2: warning: this variable is used nowhere, "
	    "did you mean sockproxy.balance?\n", said.text);
	/* used, by whatever name, in whatever block; or like no key */
	good("port = 80\nvar.host = \"10.0.0.1:\"\nlimit = 4\nserver = ()\n"
	    "$SERVER[\"socket\"] == \":81\" {\n"
	    " port = 81\n"
	    " sockproxy.server = server + ( HOST + var.port )\n}\n");
	ATF_CHECK_STREQ("", said.text);
	bad("sockproxy.read-timeout = 3\n", "t:1:1: error: no directive has the "
	    "name sockproxy.read-timeout, did you mean \"read-timeout\" of a "
	    "backend?");
	bad("server.balance = 3\n", ", did you mean sockproxy.balance?");
}

ATF_TC_WITHOUT_HEAD(a_rule_that_comes_to_nothing_is_said);
ATF_TC_BODY(a_rule_that_comes_to_nothing_is_said, tc)
{
	static const char warning[] = "warning: this keeps nobody out where "
	    "sockproxy.server is set again, later and for all clients (t:";
	const char *said_once;

	/* rinetd's order: said once, for two listeners and three groups */
	good("$HTTP[\"remoteip\"] != \"10.0.0.0/8\" {\n"
	    " sockproxy.server = ( ) }\n"
	    "$HTTP[\"remoteip\"] == \"10.1.0.0/16\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] == \":81\" { " SERVER " }\n"
	    "$SERVER[\"socket\"] == \":82\" { " SERVER " }\n");
	said_once = strstr(said.text, warning);
	ATF_REQUIRE(said_once != NULL);
	ATF_CHECK(strncmp(said_once - 7, "t:2:2: ", 7) == 0);
	ATF_CHECK(strstr(said_once, "(t:4)") != NULL);
	ATF_CHECK(strstr(said_once + 1, warning) == NULL);
	/* behind the listeners, or inside of them; and a client who may after all */
	good("$SERVER[\"socket\"] == \":81\" { " SERVER "\n"
	    " $HTTP[\"remoteip\"] == \"10.0.0.1\" { sockproxy.server = ( ) } }\n"
	    "$HTTP[\"remoteip\"] != \"10.0.0.0/8\" {\n"
	    " sockproxy.server = ( ) }\n"
	    "$HTTP[\"remoteip\"] == \"192.0.2.1\" { " SERVER " }\n");
	ATF_CHECK(strstr(said.text, "warning") == NULL);
}

ATF_TC_WITHOUT_HEAD(port_0_is_for_tests);
ATF_TC_BODY(port_0_is_for_tests, tc)
{
	bool	may = true;

	bad("$SERVER[\"socket\"] == \":0\" { " SERVER "}", "1 to 65535");
	bad("server.port = 0\n" SERVER, "1 to 65535");
	ATF_CHECK(!conf_port_zero(NULL));
	ATF_CHECK(conf_port_zero(&may));
	good("$SERVER[\"socket\"] == \":0\" { " SERVER "}");
	good("server.port = 0\nserver.bind = \"127.0.0.1\"\n" SERVER);
	ATF_CHECK_EQ(0, one.listeners[0].addr.port);
	bad("sockproxy.server = ( \"10.0.0.1:0\" )\n", "1 to 65535");
	may = false;
	conf_port_zero(&may);
}

/* ---- backends ---- */

static void
check_backend(unsigned i, const char *label, const char *host,
    const char *text, uint32_t port)
{
	char	buf[ADDR_TEXT];

	ATF_CHECK_STREQ(label, conf_string(&one, backend(i)->label));
	ATF_CHECK_STREQ(host, conf_string(&one, backend(i)->host));
	ATF_CHECK_STREQ(text, addr_text(buf, sizeof(buf), &backend(i)->addr));
	ATF_CHECK_EQ(port, backend(i)->port.v);
	ATF_CHECK_EQ(0, backend(i)->naddrs);
}

ATF_TC_WITHOUT_HEAD(backends_have_many_forms);
ATF_TC_BODY(backends_have_many_forms, tc)
{
	good("sockproxy.server = ( \"\" => (\n"
	    "\"a\" => ( \"host\" => \"10.0.0.1\", \"port\" => 81 ),\n"
	    "( \"host\" => \"10.0.0.2\" ), ( \"HOST\" => \"::1\", \"Port\" => "
	    "\"7\" ),\n"
	    "( \"socket\" => \"/run/x\" ), \"u\" => ( \"host\" => "
	    "\"unix:/run/y\" ),\n"
	    "( \"host\" => \"name.example\" ), ( \"host\" => \"\", \"socket\" "
	    "=> \"\\x00z\" ),\n"
	    "\"[fd00::1]:9\", \"s\" => \"name:8\", \"name\", \"10.0.0.3\", "
	    "\"/run/w\" ) )\n");
	check_backend(0, "a", "10.0.0.1", "10.0.0.1:81", 81);
	check_backend(1, "10.0.0.2:80", "10.0.0.2", "10.0.0.2:80", 80);
	check_backend(2, "[::1]:7", "::1", "[::1]:7", 7);
	check_backend(3, "/run/x", "/run/x", "/run/x", 80);
	check_backend(4, "u", "/run/y", "/run/y", 80);
	check_backend(5, "name.example:80", "name.example", "none", 80);
	check_backend(6, "\\x00z", "\\x00z", "\\x00z", 80);
	check_backend(7, "[fd00::1]:9", "fd00::1", "[fd00::1]:9", 9);
	check_backend(8, "s", "name", "none", 8);
	check_backend(9, "name:80", "name", "none", 80);
	check_backend(10, "10.0.0.3:80", "10.0.0.3", "10.0.0.3:80", 80);
	check_backend(11, "/run/w", "/run/w", "/run/w", 80);
	ATF_CHECK_EQ(12, one.pools[profile(":80", NULL)->pool].nbackends);
}

/* Each is known by its name and port before it has an address. */
ATF_TC_WITHOUT_HEAD(a_name_is_one_listener);
ATF_TC_BODY(a_name_is_one_listener, tc)
{
	good("sockproxy.server = ( \"10.0.0.1\" )\n"
	    "$SERVER[\"socket\"] == \"name:1\" { server.listen-backlog = 7 }\n"
	    "$SERVER[\"socket\"] == \"NAME:1\" { server.defer-accept = 8 }\n"
	    "$SERVER[\"socket\"] == \"name:2\" { }\n"
	    "$SERVER[\"socket\"] == \"other:1\" { }\n");
	ATF_CHECK_EQ(4, one.nlisteners);
	ATF_CHECK_EQ(7, listener("name:1")->backlog.v);
	ATF_CHECK_EQ(8, listener("name:1")->defer_accept.v);
}

/* Names that no server is asked for: inet_aton(3) knows them. */
ATF_TC_WITHOUT_HEAD(each_name_has_its_own_addresses);
ATF_TC_BODY(each_name_has_its_own_addresses, tc)
{
	static const char *const	texts[] = { "127.0.0.2:1",
	    "127.0.0.3:2", "127.0.0.2:3" };
	char				buf[ADDR_TEXT];

	good("sockproxy.server = ( \"0x7f000002:1\", \"0x7f000003:2\", "
	    "\"0x7f000002:3\" )\n");
	ATF_CHECK_EQ(0, one.naddrs);
	ATF_REQUIRE(resolve_names(&one, false));
	ATF_REQUIRE_EQ(3, one.naddrs);
	for (unsigned i = 0; i < 3; i++) {
		ATF_CHECK_STREQ(texts[i], addr_text(buf, sizeof(buf),
		    &backend(i)->addr));
		ATF_CHECK_EQ(1, backend(i)->naddrs);
		ATF_CHECK_STREQ(texts[i], addr_text(buf, sizeof(buf),
		    &one.addrs[backend(i)->first_addr]));
	}
}

ATF_TC_WITHOUT_HEAD(a_name_that_is_found_later_is_news_once);
ATF_TC_BODY(a_name_that_is_found_later_is_news_once, tc)
{
	good("$SERVER[\"socket\"] == \"127.0.0.2:1\" { sockproxy.server = "
	    "( \"0x7f000003:1\" ) }\n");
	resolve_await(&one, 0);
	ATF_CHECK(resolve_due(&one) != UINT64_MAX);
	ATF_CHECK(resolve_again(&one));
	ATF_CHECK_EQ(UINT64_MAX, resolve_due(&one));
	ATF_CHECK(!resolve_again(&one));
	ATF_CHECK_EQ(1, one.naddrs);
	/* or is a loop */
	good("$SERVER[\"socket\"] == \"127.0.0.2:1\" { sockproxy.server = "
	    "( \"0x7f000002:1\" ) }\n");
	ATF_CHECK(!resolve_again(&one));
}

ATF_TC_WITHOUT_HEAD(names_are_asked_for_less_and_less_often);
ATF_TC_BODY(names_are_asked_for_less_and_less_often, tc)
{
	static const unsigned	waits[] = { 20, 40, 80, 160, 300, 300 };
	uint64_t		now = 5000;

	good("sockproxy.server = ( \"0x7f000003:1\" )\n");
	for (unsigned times = 0; times < 2; times++) {
		resolve_await(&one, now);
		ATF_CHECK_EQ(now + 10000, resolve_due(&one));
		for (unsigned i = 0; i < 6; i++) {
			now = resolve_due(&one);
			resolve_later(now);
			ATF_CHECK_EQ(now + waits[i] * 1000, resolve_due(&one));
		}
	}
	ATF_REQUIRE(resolve_again(&one));
	ATF_CHECK_EQ(UINT64_MAX, resolve_due(&one));
}

ATF_TC_WITHOUT_HEAD(a_block_has_defaults_for_its_backends);
ATF_TC_BODY(a_block_has_defaults_for_its_backends, tc)
{
	good("sockproxy.server-default = ( \"connect-timeout\" => 2, \"port\" "
	    "=> 81 )\n"
	    "$SERVER[\"socket\"] == \":1\" { sockproxy.server = ( "
	    "\"10.0.0.1\",\n"
	    " ( \"host\" => \"10.0.0.2\", \"connect-timeout\" => 3 ) )\n"
	    " $HTTP[\"remoteip\"] == \"::1\" { sockproxy.server-default = (\n"
	    "  \"disable-time\" => \"20ms\" ) } }\n");
	ATF_CHECK_EQ(2, one.npools);
	ATF_CHECK_EQ(4, one.nbackends);
	for (unsigned i = 0; i < 2; i++) {
		const struct setup_pool *p = &one.pools[profile(":1",
		    i == 0 ? "::1" : NULL)->pool];
		ATF_CHECK_EQ(i == 0 ? 8000 : 2000,
		    backend(p->first_backend)->connect_timeout.v);
		ATF_CHECK_EQ(3000,
		    backend(p->first_backend + 1u)->connect_timeout.v);
		ATF_CHECK_EQ(i == 0 ? 20 : 1000,
		    backend(p->first_backend)->disable_time.v);
		ATF_CHECK_EQ(i == 0 ? 80 : 81,
		    backend(p->first_backend)->addr.port);
	}
}

ATF_TC_WITHOUT_HEAD(one_mistake_is_one_error);
ATF_TC_BODY(one_mistake_is_one_error, tc)
{
	/* however often a list is looked at */
	bad("l = ( ( \"host\" => \"a b\" ) )\nsockproxy.server = l\n"
	    "$SERVER[\"socket\"] == \":1\" { sockproxy.server += l }\n"
	    "$SERVER[\"socket\"] == \":2\" { sockproxy.server = l }\n",
	    "t:1:19: error: \"a b\"");
	ATF_CHECK_EQ_MSG(1, said.errors, "%s", said.text);
	bad("sockproxy.server = ( ( none, \"hots\" => none2 ) )\n",
	    "t:1:24: error: var.none has no value");
	ATF_CHECK_EQ_MSG(2, said.errors, "%s", said.text);
}

ATF_TC_WITHOUT_HEAD(lists_that_say_the_same_are_one_pool);
ATF_TC_BODY(lists_that_say_the_same_are_one_pool, tc)
{
	good(SERVER "sockproxy.listen = ( \":1\" )\n"
	    "$SERVER[\"socket\"] == \":2\" { sockproxy.debug = 1 }\n"
	    "$SERVER[\"socket\"] == \":3\" { sockproxy.server = ( \"\" =>\n"
	    " ( ( \"host\" => \"10.0.0.1\", \"port\" => 80 ) ) ) }\n"
	    "$SERVER[\"socket\"] == \":4\" { sockproxy.server = ( "
	    "\"10.0.0.2:80\" ) }\n");
	ATF_CHECK_EQ(2, one.npools);
	ATF_CHECK_EQ(2, one.nbackends);
	ATF_CHECK_EQ(profile(":1", NULL)->pool, profile(":3", NULL)->pool);
}

ATF_TC_WITHOUT_HEAD(a_backend_that_is_a_listener_is_a_loop);
ATF_TC_BODY(a_backend_that_is_a_listener_is_a_loop, tc)
{
	bad("$SERVER[\"socket\"] == \"10.0.0.1:80\" {\n" SERVER "}\n",
	    "t:2:22: error: the backend \"10.0.0.1:80\" is our own listener "
	    "\"10.0.0.1:80\" (t:1)");
	bad("sockproxy.server = ( \"127.1.2.3:80\" )\n", "our own listener");
	bad("sockproxy.server = ( \"0.0.0.0:80\" )\n", "our own listener");
	bad("server.bind = \"[::]\"\nsockproxy.server = ( \"[::1]:80\" )\n",
	    "our own listener");
	bad("server.bind = \"[::]\"\nserver.v4mapped = \"enable\"\n"
	    "sockproxy.server = ( \"127.0.0.1:80\" )\n", "our own listener");
	bad("server.bind = \"/run/x\"\nsockproxy.server = ( \"/run/x\" )\n",
	    "our own listener");
	good("server.bind = \"[::]\"\nsockproxy.server = ( \"127.0.0.1:80\" "
	    ")\n");
	good("sockproxy.server = ( \"127.0.0.1:81\" )\n");
	good("server.bind = \"127.0.0.2\"\nsockproxy.server = ( "
	    "\"127.0.0.1:80\" )\n");
}

/* ---- files ---- */

static void
write_file(const char *name, const char *text)
{
	atf_utils_create_file(name, "%s", text);
}

static bool
parse_file(const char *name)
{
	clear(&said);
	return conf_file(&one, name, put, &said);
}

static void
bad_file(const char *name, const char *error)
{
	ATF_CHECK_MSG(!parse_file(name), "%s is accepted", name);
	ATF_CHECK_MSG(strstr(said.text, error) != NULL, "%s gives: %s", name,
	    said.text);
}

ATF_TC_WITHOUT_HEAD(includes_are_found_beside_the_main_file);
ATF_TC_BODY(includes_are_found_beside_the_main_file, tc)
{
	ATF_REQUIRE(mkdir("d", 0755) == 0 && mkdir("d/x", 0755) == 0);
	write_file("d/main.conf", "x = 1\ninclude \"x/*.conf\"\n"
	    "$SERVER[\"socket\"] == \":81\" { include \"in.conf\" }\n"
	    "include_shell \"echo sockproxy.debug = $(($x + 4)); cat in.conf\"\n"
	    "include \"none*.conf\"\n");
	/* sorted; each sees what the one before set */
	write_file("d/x/b.conf", "x += 20\nserver.max-connections = x\n");
	write_file("d/x/a.conf", "x += 300\n");
	write_file("d/in.conf", SERVER);
	ATF_REQUIRE_MSG(parse_file("d/main.conf"), "%s", said.text);
	accept_setup("includes");
	ATF_CHECK_EQ(321, one.server.max_connections.v);
	ATF_CHECK_STREQ("d/x/b.conf:2", conf_at(&one,
	    one.server.max_connections.at));
	ATF_CHECK_EQ(2, one.nlisteners);
	ATF_CHECK_EQ(4, debug_of(":81", NULL));
	ATF_CHECK_STREQ("d/main.conf:4(include_shell):1", conf_at(&one,
	    profile(":81", NULL)->debug.at));
}

ATF_TC_WITHOUT_HEAD(includes_that_fail_name_the_chain);
ATF_TC_BODY(includes_that_fail_name_the_chain, tc)
{
	char	line[200];
	FILE	*f;

	write_file("a.conf", "include \"b.conf\"\n");
	write_file("b.conf", "\ninclude \"c.conf\"\n");
	write_file("c.conf", "include \"a.conf\"\n");
	bad_file("a.conf", "c.conf:1:9: error: include goes round in a circle: "
	    "a.conf:1 -> b.conf:2 -> c.conf:1 -> a.conf");
	ATF_CHECK_EQ(1, said.errors);

	/* files that are all different, but too deep */
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "n%d.conf", i);
		ATF_REQUIRE((f = fopen(line, "w")) != NULL);
		fprintf(f, "include \"n%d.conf\"\n", i + 1);
		fclose(f);
	}
	bad_file("n0.conf", "LIMIT_DEPTH is 64");
	ATF_CHECK_EQ(1, said.errors);

	/* and too many */
	ATF_REQUIRE((f = fopen("many.conf", "w")) != NULL);
	write_file("empty.conf", "");
	for (int i = 0; i < 300; i++)
		fprintf(f, "include \"empty.conf\"\n");
	fclose(f);
	bad_file("many.conf", "LIMIT_FILES is 256");
	ATF_CHECK_EQ(1, said.errors);
}

ATF_TC(files_that_are_none_are_refused);
ATF_TC_HEAD(files_that_are_none_are_refused, tc)
{
	atf_tc_set_md_var(tc, "timeout", "20");
}
ATF_TC_BODY(files_that_are_none_are_refused, tc)
{
	int	fd[2];

	ATF_REQUIRE(mkdir("dir", 0755) == 0 && mkfifo("fifo", 0644) == 0);
	ATF_REQUIRE(symlink("nowhere", "link") == 0);
	write_file("main.conf", "include \"fifo\"\ninclude \"dir\"\n"
	    "include \"link\"\n");
	bad_file("dir", "dir: error: cannot read it: it is a directory");
	bad_file("fifo", "fifo: error: cannot read it: it is not a regular");
	bad_file("link", "link: error: cannot read it: ");
	bad_file("/dev/zero", "/dev/zero: error: cannot read it");
	bad_file("main.conf", "main.conf:1:9: error: cannot read \"fifo\"");
	ATF_CHECK_EQ(3, said.errors);
	/* two errors of one place */
	ATF_REQUIRE(mkdir("dir/a", 0755) == 0 && mkdir("dir/b", 0755) == 0);
	write_file("main.conf", "include \"dir/*\"\n");
	bad_file("main.conf", "main.conf:1:9: error: cannot read \"dir/b\"");
	ATF_CHECK_EQ(2, said.errors);
	write_file("big.conf", "");
	ATF_REQUIRE(truncate("big.conf", 4 * 1024 * 1024) == 0);
	bad_file("big.conf", "big.conf:1:1: error: byte 0x00");
	ATF_REQUIRE(truncate("big.conf", 1024 * 1024 * 1024) == 0);
	bad_file("big.conf", "LIMIT_CONF_BYTES");
	/* standard input may be a pipe */
	ATF_REQUIRE(pipe(fd) == 0 && dup2(fd[0], 0) == 0);
	ATF_REQUIRE(write(fd[1], SERVER "x y", strlen(SERVER) + 3) > 0);
	close(fd[1]);
	bad_file("-", "standard input:2:3: error: ");
}

/* A file of so many bytes: that line, and a comment. */
static void
long_file(const char *path, const char *line, size_t size)
{
	char	*text = malloc(size + 1);

	ATF_REQUIRE(text != NULL);
	memset(text, '#', size);
	memcpy(text, line, strlen(line));
	text[size] = '\0';
	write_file(path, text);
	free(text);
}

/* Each fits by itself; whatever the last ones leave, there is no more. */
ATF_TC_WITHOUT_HEAD(all_files_together_have_a_limit);
ATF_TC_BODY(all_files_together_have_a_limit, tc)
{
	const size_t	most = 4 * 1024 * 1024;
	size_t		less;

	long_file("a.conf", "include \"b.conf\"\n", most);
	write_file("c.conf", SERVER "\n");
	for (less = 0; less < 6; less++) {
		long_file("b.conf", "include \"c.conf\"\n", most - less);
		bad_file("a.conf", "or all files together are");
		ATF_CHECK_EQ(1, said.errors);
	}
	write_file("c.conf", "");
	for (less = 0; less < 6; less++) {
		long_file("b.conf", "include \"c.conf\"\n", most - less);
		if (less < 3)
			bad_file("a.conf", "or all files together are");
		else
			bad_file("a.conf", "there is nothing to do");
	}
}

ATF_TC_WITHOUT_HEAD(commands_that_fail_are_errors);
ATF_TC_BODY(commands_that_fail_are_errors, tc)
{
	write_file("a.conf", SERVER "include_shell \"exit 7\"\n");
	bad_file("a.conf", "a.conf:2:15: error: the command failed with exit "
	    "status 7");
	write_file("a.conf", SERVER "include_shell \"echo; echo x y\"\n");
	bad_file("a.conf", "a.conf:2(include_shell):2:3: error: expected =");
	write_file("a.conf", SERVER "include_shell \"yes\"\n");
	bad_file("a.conf", "it is too large");
}

ATF_TC_WITHOUT_HEAD(the_command_line_is_a_configuration);
ATF_TC_BODY(the_command_line_is_a_configuration, tc)
{
	char	listen[] = ":8080", colon[] = ":x", tcp[] = "10.0.0.1:80";
	char	path[] = "/run/\"q\"", port[] = "10.0.0.1:x";
	char	control[] = "/run/\001";
	char	*words[] = { listen, tcp, path };

	clear(&said);
	ATF_REQUIRE_MSG(conf_words(&one, words, 3, put, &said), "%s",
	    said.text);
	ATF_CHECK_EQ(2, one.nbackends);
	check_backend(1, "/run/\"q\"", "/run/\"q\"", "/run/\"q\"", 80);
	listener(":8080");
	accept_setup("command line");
	ATF_CHECK(!conf_words(&one, words, 1, put, &said));
	words[1] = port;
	ATF_CHECK(!conf_words(&one, words, 2, put, &said));
	ATF_CHECK(strstr(said.text, "command line:2:1: error: "
	    "\"10.0.0.1:x\"") != NULL);
	words[1] = control;
	ATF_CHECK(!conf_words(&one, words, 2, put, &said));
	ATF_CHECK(strstr(said.text, "command line:2:1: error: it holds "
	    "control characters") != NULL);
	words[0] = colon;
	words[1] = tcp;
	ATF_CHECK(!conf_words(&one, words, 2, put, &said));
}

/* ---- limits ---- */

static char	*big;
static size_t	 nbig;

static void
add(const char *f, ...)
{
	va_list	ap;

	if (big == NULL)
		ATF_REQUIRE((big = malloc(16 * 1024 * 1024)) != NULL);
	va_start(ap, f);
	nbig += text_vformat(big + nbig, 16 * 1024 * 1024 - nbig, f, ap);
	va_end(ap);
	ATF_REQUIRE(nbig < 16 * 1024 * 1024);
}

static void
limit(const char *constant)
{
	bad(big, constant);
	ATF_CHECK_EQ_MSG(1, said.errors, "%.900s", said.text);
	nbig = 0;
}

ATF_TC(too_many_of_anything_names_the_constant);
ATF_TC_HEAD(too_many_of_anything_names_the_constant, tc)
{
	atf_tc_set_md_var(tc, "timeout", "120");
}
ATF_TC_BODY(too_many_of_anything_names_the_constant, tc)
{
	int	i;

	add("%s", SERVER "sockproxy.listen = (\n");
	for (i = 1; i <= LIMIT_LISTENERS; i++)
		add("\":%d\",", i + 1000);
	add(")\n");
	good(big);
	ATF_CHECK_EQ(LIMIT_LISTENERS, one.nlisteners);
	add("server.port = 1\n");
	limit("LIMIT_LISTENERS is 1024");

	add("sockproxy.server = (\n");
	for (i = 0; i < LIMIT_BACKENDS; i++)
		add("\"h%d:80\",", i);
	add(")\n");
	good(big);
	ATF_CHECK_EQ(LIMIT_BACKENDS, one.nbackends);
	nbig -= 2;
	add("\"one.more\" )\n");
	limit("LIMIT_BACKENDS is 4096");

	add("%s", SERVER);
	for (i = 0; i < LIMIT_POOLS; i++)
		add("$HTTP[\"remoteip\"] == \"10.0.%d.%d\" "
		    "{ sockproxy.server = ( \"h%d\" ) "
		    "}\n", i / 256, i % 256, i);
	limit("LIMIT_POOLS is 1024");

	add("%s", SERVER);
	for (i = 0; i < LIMIT_PROFILES; i++)
		add("$HTTP[\"remoteip\"] == \"10.0.%d.%d\" "
		    "{ sockproxy.debug = %d }\n", i / 256, i % 256, i + 1);
	limit("LIMIT_PROFILES is 4096");

	for (i = 0; i < LIMIT_CONF_BLOCKS; i++)
		add("$HTTP[\"remoteip\"] == \"10.0.%d.%d\" { }\n", i / 256,
		    i % 256);
	limit("LIMIT_CONF_BLOCKS is 8192");

	add("%s", SERVER "sockproxy.listen = ( \":1\", \":2\", \":3\", "
	    "\":4\", \":5\" )");
	for (i = 0; i < LIMIT_PROFILES; i++)
		add("$HTTP[\"remoteip\"] == \"10.0.%d.%d\" "
		    "{ sockproxy.debug = 1 } ", i / 256, i % 256);
	limit("LIMIT_CLASSES is 16384");

	add("x = (\n");
	for (i = 0; i < LIMIT_CONF_VALUES; i++)
		add("1,");
	add(")\n");
	limit("LIMIT_CONF_VALUES is 65536");

	add("x = \"0123456789\"\n");
	for (i = 0; i < 30; i++)
		add("x += x\n");
	limit("LIMIT_CONF_TEXT is 8388608");

	add("sockproxy.server = (\n");
	for (i = 0; i < LIMIT_BACKENDS; i++)
		add("\"%0200d\" => \"h%d:80\",", i, i);
	add(")\n");
	limit("LIMIT_STRINGS is 524288");
}

ATF_TC(depth_and_length_do_no_harm);
ATF_TC_HEAD(depth_and_length_do_no_harm, tc)
{
	atf_tc_set_md_var(tc, "timeout", "60");
}
ATF_TC_BODY(depth_and_length_do_no_harm, tc)
{
	int	i;

	for (i = 0; i < 100000; i++)
		add("$SERVER[\"socket\"] == \":1\" {\n");
	limit("LIMIT_DEPTH is 64");
	for (i = 0; i < 1000000; i++)
		add("{");
	bad(big, "LIMIT_DEPTH is 64");
	nbig = 0;
	add("x = ");
	for (i = 0; i < 1000000; i++)
		add("(");
	limit("LIMIT_DEPTH is 64");
	for (i = 0; i < 1000000; i++)
		add("}");
	bad(big, "Too many errors");
	ATF_CHECK_EQ(LIMIT_ERRORS, said.errors);
	nbig = 0;
	add("x%065536d = 1\n%s", 1, SERVER);
	limit("t:1:1: error: the name is too long");
	add("x = y%065536d\n%s", 1, SERVER);
	limit("t:1:5: error: the name is too long");
	add("x = 9%065536d\n%s", 1, SERVER);
	limit("t:1:5: error: the number is over");
	add("x = \"%065536d\"\n%s", 1, SERVER);
	good(big);
	nbig = 0;
	add("server.errorlog = \"");
	for (i = 0; i < LIMIT_CONF_STRING; i++)
		add("\\\"");
	add("\"\nsockproxy.server = ( \"%0200d\" => \"h:1\" )\n", 1);
	good(big);
	nbig = 0;
	add("server.errorlog = \"%065536d\"\n%s", 1, SERVER);
	limit("LIMIT_CONF_STRING");
	add("sockproxy.server = ( \"%0201d\" => \"h:1\" )\n", 1);
	limit("LIMIT_CONF_LABEL");
	add("$SERVER[\"socket\"] == \"/%065536d\" { %s }\n", 1, SERVER);
	limit("the path is longer");
	add("$SERVER[\"socket\"] == \"h%065536d:80\" { %s }\n", 1, SERVER);
	limit("the host name is too long");
	add("$HTTP[\"remoteip\"] == \"%065536d\" { }\n%s", 1, SERVER);
	limit("expected an address or a network");
}

/* ---- mistreatment ---- */

/* Read what may be anything: no crash; what is accepted survives its dump. */
static int
survive(const char *text, size_t len)
{
	clear(&said);
	if (!conf_text(&one, "t", text, len, put, &said)) {
		ATF_CHECK(said.errors > 0);
		return 0;
	}
	accept_setup("mistreated");
	return 1;
}

static int	nsurvived;

static void
mistreat(const char *name)
{
	static const unsigned char	with[] = { 0, '"', '(', ')', '{', '}',
	    '\n', '\\', '=', '+', '#', ',', 0x80, 0xff, ' ', '9' };
	static char			text[65536];
	FILE				*f;
	size_t				 i, k, n;
	char				 was;

	ATF_REQUIRE((f = fopen(name, "r")) != NULL);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (i = 0; i < n; i++) {
		nsurvived += survive(text, i);
		was = text[i];
		for (k = 0; k < sizeof(with); k += 1 + i % 5) {
			text[i] = (char)with[k];
			nsurvived += survive(text, n);
		}
		text[i] = (char)(was ^ (1 << i % 8));
		nsurvived += survive(text, n);
		text[i] = was;
	}
}

ATF_TC(any_byte_may_be_wrong_or_missing);
ATF_TC_HEAD(any_byte_may_be_wrong_or_missing, tc)
{
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(any_byte_may_be_wrong_or_missing, tc)
{
	each_file(tc, "good", mistreat);
	ATF_CHECK(nsurvived > 1000);
}

/* ---- random configurations ---- */

static unsigned	seed;

static unsigned
draw(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static const char *
pick(const char *const *words)
{
	unsigned	n = 0;

	while (words[n] != NULL)
		n++;
	return words[draw(n)];
}

static const char *const	sockets[] = { ":1001", ":1002",
    "*:1003", "[::]:1004",
    "[::1]:1005", "127.0.0.1:1006", "/run/a", "\\x00b", "name:1007",
    "10.0.0.1:1008", NULL };
static const char *const	nets[] = { "10.0.0.0/8", "10.1.0.0/16",
    "10.0.0.0/16", "fd00::/16",
    "10.1.2.0/24", "10.1.2.3", "10.128.0.0/9", "::1", "fd00::/8",
    "fd00:1::/32", "0.0.0.0/0", "::/0", "::ffff:10.1.0.0/112", NULL };
static const char *const	pools[] = { "( )", "( \"10.1.1.1:80\" )",
    "( \"10.1.1.1:80\", \"/run/z\" )", "( \"\" => ( \"a\" => ( \"host\" => "
    "\"h\", \"port\" => 5, \"read-timeout\" => \"5m\" ), \"b\" => ( "
    "\"socket\" => "
    "\"/run/y\" ) ) )", "( \"x\" => \"[fd00::5]:5\", \"10.1.1.1:80\" )", NULL };
static const char *const	balances[] = { "fair", "round-robin", "hash",
    "sticky", NULL };

/*
 * The same blocks, for a slow and simple judge: what holds for one client is
 * looked up condition by condition, without networks and classes.
 */
static struct reference {
	int		parent, prev;	/* -1: none */
	bool		socket;
	bool		not;
	const char	*text;		/* NULL: else */
	int		debug;		/* -1: not set */
} refs[500];
static int	nrefs;

static int
reference(int parent, int prev, bool socket, bool not, const char *text)
{
	ATF_REQUIRE(nrefs < 500);
	refs[nrefs] = (struct reference){ parent, prev, socket, not, text, -1 };
	return nrefs++;
}

/* Blocks with the same condition would be merged: keep it simple. */
static bool
was_there(int parent, bool socket, bool not, const char *text)
{
	for (int i = 1; i < nrefs; i++)
		if (refs[i].parent == parent && refs[i].text == text &&
		    refs[i].not == not && refs[i].socket == socket)
			return true;
	return false;
}

static bool
reference_holds(const struct reference *r, const char *listener_name,
    const struct os_addr *client)
{
	struct os_addr	 net;
	char		 text[64];
	unsigned	 bits;
	char		*slash;

	if (r->text == NULL)
		return true;
	if (r->socket)
		return (strcmp(r->text, listener_name) == 0) != r->not;
	snprintf(text, sizeof(text), "%s", r->text);
	bits = 128;
	if ((slash = strchr(text, '/')) != NULL) {
		*slash = '\0';
		bits = (unsigned)atoi(slash + 1);
	}
	ATF_REQUIRE(conf_addr_ip(text, &net) != NULL);
	if (strncmp(text, "::ffff:", 7) == 0) {
		memmove(net.u.ip, net.u.ip + 12, 4);
		net.family = OS_IPV4;
		bits -= 96;
	}
	return (client != NULL && addr_in_net(client->u.ip, client->family,
	    net.u.ip, net.family, (uint8_t)bits)) != r->not;
}

static uint32_t
judge(const char *listener_name, const struct os_addr *client)
{
	static bool	active[500], taken[500];
	uint32_t	debug = 0;

	for (int i = 0; i < nrefs; i++) {
		const struct reference *r = &refs[i];
		bool before = r->prev >= 0 && taken[r->prev];
		bool hold = reference_holds(r, listener_name, client);

		active[i] = hold && !before &&
		    (r->parent < 0 || active[r->parent]);
		taken[i] = hold || before;
		if (active[i] && r->debug >= 0)
			debug = (uint32_t)r->debug;
	}
	return debug;
}

static void
random_setting(int block, bool remote)
{
	switch (draw(remote ? 7 : 11)) {
	case 0:
	case 1:
		refs[block].debug = (int)draw(4);
		add("sockproxy.debug := %d\n", refs[block].debug);
		break;
	case 2:
		add("sockproxy.balance := \"%s\"\n", pick(balances));
		break;
	case 3:
	case 4:
		add("sockproxy.server := %s\n", pick(pools));
		break;
	case 5:
		add("sockproxy.server-default := ( \"disable-time\" => "
		    "\"%ums\" )\n", draw(3) * 700);
		break;
	case 6:
		add("sockproxy.half-close-timeout := \"%ums\"\n",
		    draw(3) * 1500);
		break;
	case 7:
		add("server.listen-backlog := %u\n", draw(3) + 1);
		break;
	case 8:
		add("server.v4mapped := \"%u\"\n", draw(2));
		break;
	case 9:
		add("server.set-v6only := \"%u\"\n", draw(2));
		break;
	default:
		add("server.socket-perms := \"%s\"\n", draw(2) ? "0600" : "");
	}
}

/* One condition, perhaps with else and else; returns when the chain ends. */
static void
random_chain(unsigned depth, int parent, bool remote, bool socket);

static void
random_block(unsigned depth, int block, bool remote, bool socket)
{
	unsigned	n;

	for (n = draw(4); n > 0; n--)
		random_setting(block, remote);
	if (depth == 0)
		return;
	for (n = draw(4); n > 0; n--)
		random_chain(depth, block, remote, socket);
	if (draw(2) == 0)
		random_setting(block, remote);
}

static void
random_chain(unsigned depth, int parent, bool remote, bool socket)
{
	bool		 is_socket, not;
	const char	*text;
	int		 block = -1;

	for (;;) {
		is_socket = !socket && draw(2) == 0;
		not = draw(3) == 0;
		text = pick(is_socket ? sockets : nets);
		if (was_there(parent, is_socket, not, text))
			return;
		add("%s$%s %s \"%s\" {\n", block >= 0 ? "else " : "",
		    is_socket ? "SERVER[\"socket\"]" : "HTTP[\"remoteip\"]",
		    not ? "!=" : "==", text);
		block = reference(parent, block, is_socket, not, text);
		remote |= !is_socket;
		random_block(depth - 1, block, remote, socket || is_socket);
		add("}\n");
		if (draw(3) == 0)
			return;
		if (draw(3) == 0)
			break;
	}
	add("else {\n");
	block = reference(parent, block, false, false, NULL);
	random_block(depth - 1, block, remote, true);
	add("}\n");
}

static const char *const	clients[] = { "9.9.9.9", "10.0.0.1", "10.1.0.1",
    "10.5.0.1", "fd05::1",
    "10.1.2.1", "10.1.2.3", "10.128.0.1", "::1", "::2", "fd00::1",
    "fd00:1::1", "fe80::1", NULL };

static void
check_against_judge(unsigned i)
{
	struct os_addr	 client;
	const char	*name;
	uint32_t	 expected;

	for (uint32_t l = 0; l < one.nlisteners; l++) {
		name = conf_string(&one, one.listeners[l].name);
		for (const char *const *c = clients; ; c++) {
			if (*c != NULL)
				ATF_REQUIRE(conf_addr_ip(*c, &client) != NULL);
			expected = judge(name, *c != NULL ? &client : NULL);
			ATF_REQUIRE_MSG(debug_of(name, *c) == expected,
			    "seed=%u %s %s: %u, expected %u\n%s", i, name, *c,
			    debug_of(name, *c), expected, big);
			if (*c == NULL)
				break;
		}
	}
}

ATF_TC(random_configurations_mean_what_they_say);
ATF_TC_HEAD(random_configurations_mean_what_they_say, tc)
{
	atf_tc_set_md_var(tc, "timeout", "120");
}
ATF_TC_BODY(random_configurations_mean_what_they_say, tc)
{
	int	accepted = 0, classes = 0;

	for (unsigned i = 1; i <= 3000; i++) {
		seed = i;
		nbig = 0;
		nrefs = 0;
		add("server.port = 1000\n");
		random_block(3, reference(-1, -1, false, false, NULL), false,
		    false);
		if (!survive(big, nbig)) {
			ATF_REQUIRE_MSG(strstr(said.text, "nothing to do") ||
			    strstr(said.text, "never hold"),
			    "seed=%u: %s\n%s", i, said.text, big);
			continue;
		}
		accepted++;
		classes += (int)one.nclasses;
		check_against_judge(i);
	}
	printf("%d accepted, %d classes\n", accepted, classes);
	ATF_CHECK(accepted > 1000);
}

/* ---- the table ---- */

ATF_TC_WITHOUT_HEAD(the_table_of_keys_is_sound);
ATF_TC_BODY(the_table_of_keys_is_sound, tc)
{
	const struct key	*key;
	struct key_near		 near;
	unsigned		 i, k;
	char			 buf[KEY_ERROR_MAX];
	uint32_t		 v;

	for (i = 0; (key = key_at(i)) != NULL; i++) {
		ATF_CHECK_EQ(i, key_index(key));
		for (k = 0; k < i; k++)
			ATF_CHECK_MSG(strcmp(key->name, key_at(k)->name) != 0,
			    "%s", key->name);
		ATF_CHECK(!key_ignored(key->name));
		/* a number's default is one that could be written */
		if (key->type == KEY_NUMBER)
			ATF_CHECK_MSG(key_read(key, NULL, key->initial, &v,
			    buf) == NULL && v == key->initial, "%s",
			    key->name);
		ATF_CHECK(key_find(key->name, key->scope == SCOPE_HOST) == key);
	}
	ATF_CHECK(i <= KEYS_MAX);
	ATF_CHECK(key_ignored("server.document-root"));
	ATF_CHECK(key_ignored("SSL.pemfile"));
	ATF_CHECK(key_ignored("accesslog.escaping"));
	ATF_CHECK(key_ignored("webdav.sqlite-db-name"));
	ATF_CHECK(!key_ignored("ssl."));
	ATF_CHECK(!key_ignored("pemfile"));
	ATF_CHECK(!key_ignored(""));
	ATF_CHECK_STREQ(", did you mean ssl.engine?",
	    key_nearest(&near, "ssl.engin", false));
	ATF_CHECK_STREQ(", did you mean \"port\"?",
	    key_nearest(&near, "prot", true));
	ATF_CHECK_STREQ("", key_nearest(&near, "nonsense", true));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good_files_are_accepted_and_dumped);
	ATF_TP_ADD_TC(tp, bad_files_give_all_their_errors);
	ATF_TP_ADD_TC(tp, values_add_up);
	ATF_TP_ADD_TC(tp, variables_have_scopes);
	ATF_TP_ADD_TC(tp, append_takes_the_nearest_value_around);
	ATF_TP_ADD_TC(tp, a_second_assignment_is_an_error_unless_meant);
	ATF_TP_ADD_TC(tp, the_environment_can_be_read);
	ATF_TP_ADD_TC(tp, numbers_times_sizes_and_words);
	ATF_TP_ADD_TC(tp, values_out_of_range_are_refused);
	ATF_TP_ADD_TC(tp, defaults_are_as_documented);
	ATF_TP_ADD_TC(tp, every_value_knows_its_line);
	ATF_TP_ADD_TC(tp, the_longest_network_decides);
	ATF_TP_ADD_TC(tp, host_bits_of_a_network_mean_nothing);
	ATF_TP_ADD_TC(tp, the_last_block_that_holds_wins);
	ATF_TP_ADD_TC(tp, not_equal_holds_for_everybody_else);
	ATF_TP_ADD_TC(tp, else_takes_what_is_left);
	ATF_TP_ADD_TC(tp, prefix_and_suffix_choose_among_listeners);
	ATF_TP_ADD_TC(tp, conditions_that_cannot_hold_are_errors);
	ATF_TP_ADD_TC(tp, listeners_have_many_forms);
	ATF_TP_ADD_TC(tp, listeners_of_the_top_level);
	ATF_TP_ADD_TC(tp, a_block_may_have_more_listeners);
	ATF_TP_ADD_TC(tp, the_top_level_may_have_backends_in_a_condition);
	ATF_TP_ADD_TC(tp, listeners_without_backends_are_not_opened);
	ATF_TP_ADD_TC(tp, version_6_of_a_listener);
	ATF_TP_ADD_TC(tp, a_rule_that_comes_to_nothing_is_said);
	ATF_TP_ADD_TC(tp, a_variable_that_was_meant_for_a_key_is_said);
	ATF_TP_ADD_TC(tp, port_0_is_for_tests);
	ATF_TP_ADD_TC(tp, backends_have_many_forms);
	ATF_TP_ADD_TC(tp, a_name_is_one_listener);
	ATF_TP_ADD_TC(tp, each_name_has_its_own_addresses);
	ATF_TP_ADD_TC(tp, a_name_that_is_found_later_is_news_once);
	ATF_TP_ADD_TC(tp, names_are_asked_for_less_and_less_often);
	ATF_TP_ADD_TC(tp, a_block_has_defaults_for_its_backends);
	ATF_TP_ADD_TC(tp, one_mistake_is_one_error);
	ATF_TP_ADD_TC(tp, lists_that_say_the_same_are_one_pool);
	ATF_TP_ADD_TC(tp, a_backend_that_is_a_listener_is_a_loop);
	ATF_TP_ADD_TC(tp, includes_are_found_beside_the_main_file);
	ATF_TP_ADD_TC(tp, includes_that_fail_name_the_chain);
	ATF_TP_ADD_TC(tp, files_that_are_none_are_refused);
	ATF_TP_ADD_TC(tp, all_files_together_have_a_limit);
	ATF_TP_ADD_TC(tp, commands_that_fail_are_errors);
	ATF_TP_ADD_TC(tp, the_command_line_is_a_configuration);
	ATF_TP_ADD_TC(tp, too_many_of_anything_names_the_constant);
	ATF_TP_ADD_TC(tp, depth_and_length_do_no_harm);
	ATF_TP_ADD_TC(tp, any_byte_may_be_wrong_or_missing);
	ATF_TP_ADD_TC(tp, random_configurations_mean_what_they_say);
	ATF_TP_ADD_TC(tp, the_table_of_keys_is_sound);
	return atf_no_error();
}
