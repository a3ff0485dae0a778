/*
 * operate.c - orders.  Everything an operator did is in the log.
 */
#include <string.h>

#include "board.h"
#include "conf.h"
#include "log.h"
#include "operate.h"
#include "text.h"

enum { SHOWN = 100 };

static int	channel = -1;
static bool	over;
static uint32_t	reloads;	/* ordered */

void
operate_open(int chan)
{
	channel = chan;
}

void
operate_end(void)
{
	over = true;
}

static const char	*const changed =
    "the configuration has just changed; try again";

static const char *
unknown(char buf[OPERATE_ERROR], const char *what, const char *word)
{
	(void)text_format(buf, OPERATE_ERROR, "there is no %s \"%.*s\"; "
	    "\"%ss\" shows what they are called", what, SHOWN, word, what);
	return buf;
}

/* The parent, or the socket to it, is in a bad way; all that was done is so. */
static const char *
untold(char buf[OPERATE_ERROR], const char *so, int why)
{
	(void)text_format(buf, OPERATE_ERROR, "%sthe parent process cannot be "
	    "told: %s", so, log_errno(why));
	return buf;
}

static const char *
give_orders(const struct ctl_request *req, struct out *out,
    char buf[OPERATE_ERROR])
{
	enum board_order	order = req->command == CTL_DRAIN ?
				    BOARD_DRAIN : req->command == CTL_DISABLE ?
				    BOARD_DISABLED : BOARD_NORMAL;
	unsigned		b, n = 0;
	int			why = 0;

	for (b = 0; b < status_setup()->nbackends; b++) {
		if (!status_means(b, req->word))
			continue;
		n++;
		if (!board_give_order(b, order))
			return changed;
		if (order == BOARD_DISABLED && why == 0)
			why = channel_send(channel, CHANNEL_EMPTY, b, -1);
	}
	if (n == 0)
		return unknown(buf, "backend", req->word);
	log_notice("operator: %s backend %.*s (%u)", ctl_word(req->command),
	    SHOWN, req->word, n);
	if (why != 0)
		return untold(buf, "no new sessions; those there are go on, "
		    "as ", why);
	if (req->json)
		out_format(out, "{\"backends\":%u}\n", n);
	else
		out_format(out, "%s: %u backend%s\n", ctl_word(req->command),
		    n, text_s(n));
	return NULL;
}

const char *
operate_start(const struct ctl_request *req, struct out *out,
    struct status_place *victim, char buf[OPERATE_ERROR])
{
	const bool	kill = req->command == CTL_KILL;
	int		why;

	if (over)
		return changed;
	if (!kill && req->command != CTL_RELOAD)
		return give_orders(req, out, buf);
	if (kill && !status_find(req->word, victim))
		return unknown(buf, "session", req->word);
	if (!kill)
		victim->number = ++reloads;
	why = kill ? channel_send_kill(channel, victim->relay, victim->row,
	    victim->number) : channel_send(channel, CHANNEL_RELOAD, reloads, -1);
	if (why != 0)
		return untold(buf, "", why);
	log_notice("operator: %s%.*s", kill ? "kill session " : "reload", SHOWN,
	    req->word);
	return NULL;
}

void
operate_line(const char *text, bool json, bool first, struct out *out)
{
	if (json)
		out_string(out, first ? "\n\"" : ",\n\"");
	(void)out_text(out, text, json ? OUT_JSON : OUT_PLAIN);
	out_string(out, json ? "\"" : "\n");
}
