/*
 * name.c - host names, by way of the system's resolver.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "name.h"
#include "os_sys.h"

static int
error_of(int e)
{
	switch (e) {
	case EAI_NONAME:
#ifdef EAI_NODATA		/* not everywhere, and not always another */
#if EAI_NODATA != EAI_NONAME
	case EAI_NODATA:
#endif
#endif
		return -ENOENT;
	case EAI_AGAIN:
		return -EAGAIN;
	case EAI_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int
is_listed(const struct os_addr *a, const struct os_addr *list, unsigned n)
{
	unsigned	i;

	for (i = 0; i < n; i++)
		if (list[i].family == a->family && list[i].scope == a->scope &&
		    memcmp(list[i].u.ip, a->u.ip, sizeof(a->u.ip)) == 0)
			return 1;
	return 0;
}

bool
name_is_ip(const char *text, struct os_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, a->u.ip) == 1)
		a->family = OS_IPV4;
	else if (inet_pton(AF_INET6, text, a->u.ip) == 1)
		a->family = OS_IPV6;
	return a->family != OS_NONE;
}

int
name_resolve(const char *host, uint16_t port, struct os_addr *out,
    unsigned max)
{
	struct addrinfo	 hints, *list, *ai;
	struct os_addr	 a;
	unsigned	 n = 0;
	size_t		 len = strlen(host);
	int		 e;

	if (len == 0 || len > 255)
		return -EINVAL;
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	if ((e = getaddrinfo(host, NULL, &hints, &list)) != 0)
		return error_of(e);
	for (ai = list; ai != NULL && n < max; ai = ai->ai_next) {
		os_addr_from(&a, ai->ai_addr, ai->ai_addrlen);
		a.port = port;
		if ((a.family != OS_IPV4 && a.family != OS_IPV6) ||
		    is_listed(&a, out, n))
			continue;
		out[n++] = a;
	}
	freeaddrinfo(list);
	return n == 0 ? -ENOENT : (int)n;
}
