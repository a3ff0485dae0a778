/*
 * t_crew.c - what the parent takes from its children, whatever they send: they may
 * not be themselves any more.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "crew.h"
#include "stat.h"
#include "wait.h"

/* Counters for which there is no memory. */
static bool
no_counters(unsigned relays, unsigned nlisteners, unsigned nbackends)
{
	ATF_CHECK(relays == 1 && nlisteners == 2 && nbackends == 1);
	return false;
}

#define stat_open no_counters
#include "upgrade.c"

enum { TOKEN = 7 };

static struct crew	crew;
static struct setup	setup;

static int
relay_of(struct crew *whose, unsigned i)
{
	struct child	*c = i == LIMIT_RELAYS ? &whose->writer :
			    &whose->relays[i].child;
	int		 pair[2];

	ATF_REQUIRE_EQ(0, chan_pair(pair));
	ATF_REQUIRE_EQ(0, wait_add(pair[0], WAIT_LEVEL, whose->token + i));
	c->channel = pair[0];
	c->pid = getpid();
	return pair[1];
}

/* The other end of the channel of relay i (LIMIT_RELAYS: the log writer). */
static int
relay(unsigned i)
{
	return relay_of(&crew, i);
}

static void
start(unsigned relays)
{
	ATF_REQUIRE_EQ(0, wait_open("poll", 256));
	crew_open(&crew, TOKEN, &setup);
	crew.start.relays = relays;
}

/* More notes than anybody has to say; how many there are. */
static unsigned
flood(int channel, enum channel_order order)
{
	unsigned	n = 0;

	while (n < 1000 && chan_send(channel, &(struct channel_note){
	    .order = order }, 16, NULL, 0, 0) == 0)
		n++;
	ATF_REQUIRE(n > 2);
	return n;
}

static unsigned
left(int channel)
{
	char		buf[CHAN_BYTES];
	unsigned	n = 0, nfds;

	for (nfds = 0; chan_recv(channel, buf, sizeof(buf), NULL, &nfds) > 0;
	    nfds = 0)
		n++;
	return n;
}

ATF_TC_WITHOUT_HEAD(who_has_no_end_of_notes_holds_up_nothing);
ATF_TC_BODY(who_has_no_end_of_notes_holds_up_nothing, tc)
{
	const unsigned	who[] = { 0, LIMIT_RELAYS };
	unsigned	n;
	int		fd;

	start(1);
	for (unsigned i = 0; i < 2; i++) {
		fd = relay(who[i]);
		n = flood(fd, CHANNEL_ADOPTED);
		crew_hear(&crew, who[i]);
		ATF_CHECK_EQ(n - 1, left(who[i] == 0 ?
		    crew.relays[0].child.channel : crew.writer.channel));
	}
	ATF_CHECK(crew.relays[0].settled);
}

/* Of each length, with a descriptor or without: what is no order changes nothing. */
ATF_TC_WITHOUT_HEAD(what_makes_no_sense_changes_nothing);
ATF_TC_BODY(what_makes_no_sense_changes_nothing, tc)
{
	char		bytes[CHAN_BYTES];
	struct crew	before;
	unsigned	len;
	int		fd, other[2];

	start(2);
	fd = relay(1);
	ATF_REQUIRE_EQ(0, pipe(other));
	memset(bytes, 0xff, sizeof(bytes));
	for (len = 1; len <= sizeof(bytes); len += len < 1100 ? 1 : 97) {
		before = crew;
		ATF_REQUIRE_EQ(0, chan_send(fd, bytes, len, other, len % 3,
		    1000));
		crew_hear(&crew, 1);
		ATF_REQUIRE_EQ(0, memcmp(&before, &crew, sizeof(crew)));
	}
	/* and what is one is heard */
	ATF_REQUIRE_EQ(0, channel_send(fd, CHANNEL_READY, 0, -1));
	crew_hear(&crew, 1);
	ATF_CHECK(crew.relays[1].ready && !crew.relays[0].ready);
	ATF_CHECK_EQ(0, left(crew.relays[1].child.channel));
	/* no descriptor has stayed */
	ATF_CHECK_EQ(other[1] + 1, dup(0));
}

static void
say(int channel, unsigned i, enum channel_order order)
{
	ATF_REQUIRE_EQ(0, channel_send(channel, order, 0, -1));
	crew_hear(&crew, i);
}

ATF_TC_WITHOUT_HEAD(a_crew_is_what_all_of_it_is);
ATF_TC_BODY(a_crew_is_what_all_of_it_is, tc)
{
	int	fd[2];

	start(2);
	ATF_CHECK_EQ(0, crew_alive(&crew));
	fd[0] = relay(0);
	fd[1] = relay(1);
	ATF_CHECK_EQ(2, crew_alive(&crew));
	say(fd[0], 0, CHANNEL_READY);
	ATF_CHECK(!crew_ready(&crew));
	say(fd[1], 1, CHANNEL_READY);
	ATF_CHECK(crew_ready(&crew) && !crew_settled(&crew));
	say(fd[0], 0, CHANNEL_ADOPTED);
	ATF_CHECK(!crew_settled(&crew));
	say(fd[1], 1, CHANNEL_ADOPTED);
	ATF_CHECK(crew_settled(&crew));
	/* nobody waits for one that is no more */
	crew.relays[1].settled = false;
	ATF_CHECK(!crew_settled(&crew));
	crew.relays[1].child.pid = 0;
	ATF_CHECK(crew_settled(&crew));
	ATF_CHECK_EQ(1, crew_alive(&crew));
}

/* The one end of a channel that was made to hand over. */
static int
told(int channel, enum channel_order order)
{
	struct channel_note	note;

	channel_take(channel, &note, 1);
	ATF_REQUIRE_EQ(order, note.order);
	return note.fd;
}

/* Nobody has it, not here either. */
static bool
is_let_go(int fd)
{
	char		byte;
	unsigned	nfds = 0;

	return chan_recv(fd, &byte, 1, NULL, &nfds) != -EAGAIN;
}

ATF_TC_WITHOUT_HEAD(a_channel_is_kept_until_who_has_it_is_done);
ATF_TC_BODY(a_channel_is_kept_until_who_has_it_is_done, tc)
{
	static struct crew	 next;
	static const struct proc_exit how;
	int			 i, from[3], to[2];

	start(3);
	crew_open(&next, TOKEN + CREW_TOKENS, &setup);
	next.start.relays = 2;
	for (i = 0; i < 3; i++)
		from[i] = relay_of(&crew, (unsigned)i);
	for (i = 0; i < 2; i++)
		to[i] = relay_of(&next, (unsigned)i);
	crew_hand_over(&crew, &next);
	/* who takes: its own end only; the others' are still in the messages */
	for (i = 0; i < 3; i++)
		from[i] = told(from[i], CHANNEL_HANDOVER);
	(void)close(told(to[0], CHANNEL_ADOPT));
	(void)close(told(to[0], CHANNEL_ADOPT));
	(void)close(told(to[1], CHANNEL_ADOPT));
	crew_bury(&crew, 0, &how, false, 0);
	ATF_CHECK(is_let_go(from[0]));
	ATF_CHECK(!is_let_go(from[1]) && !is_let_go(from[2]));
	crew_bury(&next, 1, &how, false, 0);
	ATF_CHECK(is_let_go(from[1]));
	ATF_CHECK(!is_let_go(from[2]));
	crew_hand_over(&next, &crew);	/* whatever is left */
	ATF_CHECK(is_let_go(from[2]));
}

ATF_TC_WITHOUT_HEAD(who_was_never_started_is_due_at_once);
ATF_TC_BODY(who_was_never_started_is_due_at_once, tc)
{
	struct child	c = { .channel = -1 };

	/* in the first second after the system's start, too */
	ATF_CHECK_EQ(0, child_due(&c));
	c.start_ms = 300;
	ATF_CHECK_EQ(300 + CHILD_RESPAWN_MS, child_due(&c));
	c.pid = getpid();
	ATF_CHECK_EQ(UINT64_MAX, child_due(&c));
}

/* What an old program says of a listener. */
static void
leave_listener(void)
{
	const struct os_addr	any = { .family = OS_IPV4,
				    .u.ip = { 127, 0, 0, 1 } };
	const struct os_listen	how = { .backlog = 1, .mode = -1 };
	char			state[64];
	int			fd;

	ATF_REQUIRE((fd = os_listen(&any, &how)) >= 0);
	(void)snprintf(state, sizeof(state), "%d 1 1 -1 -1 l %d 1 ",
	    (int)getpid(), fd);
	ATF_REQUIRE_EQ(0, setenv("SOCKPROXY_UPGRADE", state, 1));
}

ATF_TC_WITHOUT_HEAD(a_new_program_without_memory_takes_nothing_over);
ATF_TC_BODY(a_new_program_without_memory_takes_nothing_over, tc)
{
	crew_open(&crew, TOKEN, &setup);
	leave_listener();
	ATF_CHECK(!upgrade_take(&crew, true));
	ATF_CHECK(strstr(log_last(), "out of memory") != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, who_has_no_end_of_notes_holds_up_nothing);
	ATF_TP_ADD_TC(tp, what_makes_no_sense_changes_nothing);
	ATF_TP_ADD_TC(tp, a_crew_is_what_all_of_it_is);
	ATF_TP_ADD_TC(tp, a_channel_is_kept_until_who_has_it_is_done);
	ATF_TP_ADD_TC(tp, who_was_never_started_is_due_at_once);
	ATF_TP_ADD_TC(tp, a_new_program_without_memory_takes_nothing_over);
	return atf_no_error();
}
