/*
 * name.h - names to addresses.  Blocks; only for the start and for processes that
 * may block.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "os.h"

/*
 * The addresses of a host name or a numeric address, each once, in the order of
 * the resolver, with the port.  Returns how many (at most max), or -ENOENT there
 * is no such name or it has no address, -EAGAIN a temporary failure, -ENOMEM,
 * -EINVAL not a name at all, -EIO anything else.
 */
int	name_resolve(const char *host, uint16_t port, struct os_addr *out,
	    unsigned max);

/*
 * Read a numeric IPv4 or IPv6 address, as inet_pton(3) has it; false when it is
 * neither.  Does not block.
 */
bool	name_is_ip(const char *, struct os_addr *);

#endif
