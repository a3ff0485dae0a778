/*
 * small_time.c - local time for the small static program: a file of tzfile(5)
 * or a rule as POSIX has it in TZ, read once, by tzset.
 *
 * Date and time of day of a year with four digits are told, and no more: nobody
 * asks.  What cannot be understood is UTC.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "line.h"

enum { DAY = 24 * 60 * 60, HEADER = 44 };

static char	data[16384];		/* of the file */

static struct {
	const unsigned char	*times;	/* big endian, then a type for each */
	unsigned		 ntimes, ntypes, width;
	const char		*rule;	/* behind the last of them */
} zone = { .rule = "" };

/* ---- the calendar ---- */

/* Days from 1970 to the first of a month; months from 1 to 13. */
static int
days_to(int year, int month)
{
	if (month < 3) {
		year--;
		month += 12;
	}
	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (153 * month - 457) / 5 - 719468;
}

static int
year_of(int days)
{
	int	year = 1970 + days / 366;

	while (days_to(year, 1) > days)
		year--;
	while (days_to(year + 1, 1) <= days)
		year++;
	return year;
}

static int
day_of(int64_t t)
{
	return (int)(t / DAY - (t % DAY < 0));
}

/* ---- rules: NULL for what is none ---- */

static const char *
read_number(const char *s, int *n)
{
	if (*s < '0' || *s > '9')
		return NULL;
	for (*n = 0; *s >= '0' && *s <= '9'; s++)
		if ((*n = *n * 10 + *s - '0') > 999)
			return NULL;
	return s;
}

/* Hours, minutes and seconds; the latter two may be left out. */
static const char *
read_clock(const char *s, int *seconds)
{
	const bool	minus = *s == '-';
	int		n, unit;

	*seconds = 0;
	s += minus || *s == '+';
	for (unit = 60 * 60; unit > 0; unit /= 60) {
		if ((s = read_number(s, &n)) == NULL)
			return NULL;
		*seconds += n * unit;
		if (*s != ':')
			break;
		s++;
	}
	if (minus)
		*seconds = -*seconds;
	return s;
}

static const char *
read_name(const char *s)
{
	const char	*end = s;

	if (*s == '<')
		return (end = strchr(s, '>')) == NULL ? NULL : end + 1;
	while ((*end | 0x20) >= 'a' && (*end | 0x20) <= 'z')
		end++;
	return end - s < 3 ? NULL : end;
}

/* A day, counted in one of three ways, and the time of day, in that year. */
static const char *
read_moment(const char *s, int year, int64_t *t)
{
	const int	first = days_to(year, 1);
	const char	kind = *s;
	int		n[3] = { 0, 0, 0 }, i, day, days, seconds = 2 * 60 * 60;

	s = read_number(kind == 'M' || kind == 'J' ? s + 1 : s, &n[0]);
	for (i = 1; kind == 'M' && i < 3 && s != NULL; i++)
		s = *s == '.' ? read_number(s + 1, &n[i]) : NULL;
	if (s == NULL)
		return NULL;
	if (kind == 'M') {
		/* Month, week of which the fifth is the last, day of it. */
		if (n[0] < 1 || n[0] > 12 || n[1] < 1 || n[1] > 5 || n[2] > 6)
			return NULL;
		day = days_to(year, n[0]);
		days = days_to(year, n[0] + 1) - day;
		i = (n[2] + 7 - (day % 7 + 4 + 7) % 7) % 7 + 7 * (n[1] - 1);
		day += i < days ? i : i - 7;
	} else if (kind == 'J')
		/* 60 is the first of March. */
		day = n[0] < 60 ? first + n[0] - 1 :
		    days_to(year, 3) + n[0] - 60;
	else
		day = first + n[0];
	if (*s == '/' && (s = read_clock(s + 1, &seconds)) == NULL)
		return NULL;
	*t = (int64_t)day * DAY + seconds;
	return s;
}

static bool
offset_of_rule(const char *s, int64_t t, int *offset)
{
	int64_t	from, to;
	int	west, other, year;

	if ((s = read_name(s)) == NULL || (s = read_clock(s, &west)) == NULL)
		return false;
	*offset = -west;
	if (*s == '\0')
		return true;
	if ((s = read_name(s)) == NULL)
		return false;
	other = west - 60 * 60;
	if (*s != '\0' && *s != ',' && (s = read_clock(s, &other)) == NULL)
		return false;
	if (*s == '\0')
		s = ",M3.2.0,M11.1.0";	/* the custom, where nothing is said */
	year = year_of(day_of(t - west));
	if (*s != ',' || (s = read_moment(s + 1, year, &from)) == NULL ||
	    *s != ',' || (s = read_moment(s + 1, year, &to)) == NULL ||
	    *s != '\0')
		return false;
	from += west;
	to += other;
	if (from < to ? t >= from && t < to : t >= from || t < to)
		*offset = -other;
	return true;
}

/* ---- files ---- */

static uint32_t
read_32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int64_t
time_of(unsigned i)
{
	const unsigned char	*p = zone.times + i * zone.width;

	if (zone.width == 4)
		return (int32_t)read_32(p);
	return (int64_t)((uint64_t)read_32(p) << 32 | read_32(p + 4));
}

/* What follows a header whose times have that many bytes. */
static uint64_t
size_of(const unsigned char *header, unsigned width)
{
	const unsigned	sizes[] = { 1, 1, width + 4, width + 1, 6, 1 };
	uint64_t	size = HEADER;
	unsigned	i;

	for (i = 0; i < 6; i++)
		size += (uint64_t)read_32(header + 20 + 4 * i) * sizes[i];
	return size;
}

/* Since version 2 there is all of it once more, with 8 bytes, and a rule. */
static bool
load(const char *path)
{
	const long		 len = file_read(path, data, sizeof(data) - 1);
	const unsigned char	*p = (const unsigned char *)data;
	uint64_t		 at = 0, size;
	unsigned		 width = 4;
	char			*end;

	if (len < HEADER || memcmp(data, "TZif", 4) != 0)
		return false;
	size = size_of(p, width);
	if (p[4] != 0) {
		at = size;
		if (at + HEADER > (uint64_t)len)
			return false;
		width = 8;
		size = size_of(p + at, width);
	}
	if (at + size > (uint64_t)len)
		return false;
	p += at;
	zone.width = width;
	zone.ntimes = read_32(p + 32);
	zone.ntypes = read_32(p + 36);
	zone.times = p + HEADER;
	data[len] = '\0';
	if (width == 8 && data[at + size] == '\n') {
		zone.rule = data + at + size + 1;
		if ((end = strchr(zone.rule, '\n')) != NULL)
			*end = '\0';
	}
	return true;
}

static void
search(const char *name)
{
	static const char	places[] = "/usr/share/zoneinfo/\0"
				    "/share/zoneinfo/\0/etc/zoneinfo/\0";
	const char		*place;
	char			 path[256];
	struct line		 line = { path, sizeof(path) - 1, 0 };

	for (place = places; *place != '\0'; place += strlen(place) + 1) {
		line.len = 0;
		line_text(&line, place);
		line_text(&line, name);
		path[line.len] = '\0';
		if (load(path))
			return;
	}
}

void
tzset(void)
{
	const char	*s = getenv("TZ");
	int		 offset;
	long		 len;

	zone.ntimes = zone.ntypes = 0;
	zone.rule = "";
	if (s == NULL) {
		/* OpenWrt has a rule in a file of its own. */
		if (!load("/etc/localtime") && (len = file_read("/etc/TZ",
		    data, sizeof(data) - 1)) > 0) {
			data[len] = '\0';
			data[strcspn(data, "\n")] = '\0';
			zone.rule = data;
		}
		return;
	}
	s += *s == ':';
	if (offset_of_rule(s, 0, &offset))
		zone.rule = s;
	else if (*s == '/')
		(void)load(s);
	else if (*s != '\0')
		search(s);
}

/* ---- what they are for ---- */

static int
offset_at(int64_t t)
{
	unsigned	i = zone.ntimes, type = 0;
	int		offset;

	while (i > 0 && t < time_of(i - 1))
		i--;
	if (i == zone.ntimes && offset_of_rule(zone.rule, t, &offset))
		return offset;
	if (i > 0)
		type = zone.times[zone.ntimes * zone.width + i - 1];
	if (type >= zone.ntypes)
		return 0;
	return (int32_t)read_32(zone.times + zone.ntimes * (zone.width + 1) +
	    type * 6);
}

struct tm *
localtime_r(const time_t *restrict now, struct tm *restrict tm)
{
	int64_t	t = *now;
	int	days, second, year, month;

	if (day_of(t) <= days_to(1, 1) || day_of(t) >= days_to(9999, 12)) {
		errno = EOVERFLOW;
		return NULL;
	}
	t += offset_at(t);
	days = day_of(t);
	second = (int)(t - (int64_t)days * DAY);
	year = year_of(days);
	for (month = 12; days_to(year, month) > days; month--)
		continue;
	memset(tm, 0, sizeof(*tm));
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = days - days_to(year, month) + 1;
	tm->tm_hour = second / (60 * 60);
	tm->tm_min = second / 60 % 60;
	tm->tm_sec = second % 60;
	return tm;
}
