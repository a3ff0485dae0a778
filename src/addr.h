/*
 * addr.h - addresses as text, networks, and comparisons.
 */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os.h"

enum { ADDR_TEXT = 160 };	/* holds any address as text */

/*
 * "1.2.3.4:80", "[fe80::1%2]:80", "/run/x.sock", "\x00name" for abstract names.
 * Returns buf.
 */
const char *addr_text(char *, size_t, const struct os_addr *);

/*
 * The same for a peer; "unix" (not in buf) for a Unix client.
 */
const char *addr_peer_text(char *, size_t, const struct os_peer *);

/*
 * "1.2.3.4", "fe80::1".  Returns buf.
 */
const char *addr_ip_text(char *, size_t, uint8_t family, const uint8_t *ip);

/*
 * The address of a Unix socket.  False when the path is empty or too long.
 */
bool	addr_unix(struct os_addr *, const char *path);

bool	addr_equal(const struct os_addr *, const struct os_addr *);

/*
 * Whether it is this machine: a loopback address or "any".
 */
bool	addr_is_here(const struct os_addr *);

/*
 * Whether ip (family as in enum os_family) lies in net/bits, which may be no more
 * than the family has.
 */
bool	addr_in_net(const uint8_t *ip, uint8_t family, const uint8_t *net,
    uint8_t netfamily, uint8_t bits);

#endif
