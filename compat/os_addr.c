/*
 * os_addr.c - socket addresses, there and back.  A sockaddr is zeroed, filled,
 * and never compared bytewise: some systems have a length in front of it.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

#include <stddef.h>
#include <string.h>

#include "os_sys.h"

size_t
os_path_max(void)
{
	return sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
}

static socklen_t
to_unix(const struct os_addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_un	*sun = (struct sockaddr_un *)ss;
	size_t			 len = a->pathlen;

	if (len == 0 || len > sizeof(sun->sun_path))
		return 0;
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, a->u.path, len);
	if (a->u.path[0] != '\0' && len < sizeof(sun->sun_path))
		len++;			/* count the NUL behind a path */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

socklen_t
os_addr_to(const struct os_addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in	*sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6	*sin6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	switch (a->family) {
	case OS_IPV4:
		sin->sin_family = AF_INET;
		sin->sin_port = htons(a->port);
		memcpy(&sin->sin_addr, a->u.ip, 4);
		return sizeof(*sin);
	case OS_IPV6:
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(a->port);
		sin6->sin6_scope_id = a->scope;
		memcpy(&sin6->sin6_addr, a->u.ip, 16);
		return sizeof(*sin6);
	case OS_UNIX:
		return to_unix(a, ss);
	default:
		return 0;
	}
}

static void
from_unix(struct os_addr *a, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)sa;
	size_t			 n, off = offsetof(struct sockaddr_un, sun_path);

	a->family = OS_UNIX;
	if (len <= off)
		return;			/* nameless */
	n = len - off;
	if (n > sizeof(sun->sun_path))
		n = sizeof(sun->sun_path);
	if (sun->sun_path[0] != '\0')
		n = strnlen(sun->sun_path, n);
	memcpy(a->u.path, sun->sun_path, n);
	a->pathlen = (uint8_t)n;
}

void
os_addr_from(struct os_addr *a, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)sa;

	memset(a, 0, sizeof(*a));
	if (len < offsetof(struct sockaddr, sa_data))
		return;
	if (sa->sa_family == AF_INET && len >= sizeof(*sin)) {
		a->family = OS_IPV4;
		a->port = ntohs(sin->sin_port);
		memcpy(a->u.ip, &sin->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof(*sin6)) {
		a->family = OS_IPV6;
		a->port = ntohs(sin6->sin6_port);
		a->scope = sin6->sin6_scope_id;
		memcpy(a->u.ip, &sin6->sin6_addr, 16);
	} else if (sa->sa_family == AF_UNIX)
		from_unix(a, sa, len);
}

void
os_addr_peer(struct os_peer *p, const struct sockaddr *sa, socklen_t len)
{
	static const uint8_t	 mapped[12] =
	    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct os_addr		 a;

	memset(p, 0, sizeof(*p));
	os_addr_from(&a, sa, len);
	p->family = a.family;
	p->port = a.port;
	if (a.family == OS_IPV4)
		memcpy(p->ip, a.u.ip, 4);
	if (a.family != OS_IPV6)
		return;
	if (memcmp(a.u.ip, mapped, sizeof(mapped)) == 0) {
		p->family = OS_IPV4;
		memcpy(p->ip, a.u.ip + 12, 4);
	} else
		memcpy(p->ip, a.u.ip, 16);
}
