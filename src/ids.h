/*
 * ids.h - what the listeners and backends of a setup are known by in another one,
 * which another program may have made.  Change no id: programs would not know each
 * other's sessions any more.
 */
#ifndef IDS_H
#define IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

/*
 * One for each listener and backend, and one more each for the "removed" entry.  A
 * backend of the same label, host and port in several lists has one name, and an id
 * for each list, in their order.
 */
void	ids_names(const struct setup *, uint64_t *listeners, uint64_t *backends);
void	ids_each(const struct setup *, uint64_t *listeners, uint64_t *backends);

/*
 * Whether it is the id of a backend with that name, in one of the first few lists.
 */
bool	ids_twin(uint64_t name, uint64_t id);

/*
 * The entry with that id, or n.
 */
unsigned ids_find(const uint64_t *ids, unsigned n, uint64_t id);

#endif
