/*
 * system.c - what is asked of the system besides a measurement: a network of
 * our own, processors, what kind of file a program is.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <net/if.h>
#include <netinet/in.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

/*
 * The processors for the program (the first) and for the traffic (the second);
 * with one only, nobody is pinned.
 */
void
system_cpus(int *first, int *second)
{
	cpu_set_t set;
	int i;

	*first = *second = -1;
	if (sched_getaffinity(0, sizeof(set), &set) == -1 ||
	    CPU_COUNT(&set) < 2)
		return;
	for (i = 0; *second == -1; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		*(*first == -1 ? first : second) = i;
	}
}

/*
 * Run a command in a network of its own, with enough ports and a congestion
 * control that does without timers.
 */
int
system_netns(char **argv)
{
	static const struct { const char *file, *text; } settings[] = {
		{ "ip_local_port_range", "1024 65535" },
		{ "tcp_max_syn_backlog", "65536" },
		/* what has ended is over: no timers of it in the next run */
		{ "tcp_max_tw_buckets", "0" },
		/* bbr, where it is the default, paces: timers, not work;
		   all but reno may be refused in here */
		{ "tcp_congestion_control", "reno" },
	};
	struct ifreq ifr;
	char path[128];
	unsigned i;
	int fd;

	if (unshare(CLONE_NEWNET) == 0) {
		memset(&ifr, 0, sizeof(ifr));
		strcpy(ifr.ifr_name, "lo");
		ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (ioctl(fd, SIOCSIFFLAGS, &ifr) == -1)
			fprintf(stderr, "lo: %s\n", strerror(errno));
		close(fd);
		for (i = 0; i < sizeof(settings) / sizeof(settings[0]);
		    i++) {
			snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s",
			    settings[i].file);
			if ((fd = open(path, O_WRONLY)) == -1 || write(fd,
			    settings[i].text, strlen(settings[i].text)) == -1)
				fprintf(stderr, "%s: %s\n", path,
				    strerror(errno));
			close(fd);
		}
		setenv("BENCH_NETNS", "1", 1);
	} else
		setenv("BENCH_NETNS", "0", 1);
	execvp(argv[0], argv);
	perror(argv[0]);
	return 1;
}

/*
 * Size of a program, and whether it is static and stripped.
 */
int
system_describe(const char *path)
{
	bool dynamic = false, symbols = false;
	unsigned char *p;
	struct stat st;
	Elf64_Ehdr *eh;
	Elf64_Phdr *ph;
	Elf64_Shdr *sh;
	int fd, i;

	if ((fd = open(path, O_RDONLY)) == -1 || fstat(fd, &st) == -1 ||
	    (p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) ==
	    MAP_FAILED) {
		perror(path);
		return 1;
	}
	eh = (Elf64_Ehdr *)p;
	if (memcmp(p, ELFMAG, SELFMAG) != 0 ||
	    p[EI_CLASS] != ELFCLASS64) {
		printf("size=%lld kind=unknown\n", (long long)st.st_size);
		return 0;
	}
	ph = (Elf64_Phdr *)(p + eh->e_phoff);
	for (i = 0; i < eh->e_phnum; i++)
		dynamic |= ph[i].p_type == PT_INTERP;
	sh = (Elf64_Shdr *)(p + eh->e_shoff);
	for (i = 0; i < eh->e_shnum; i++)
		symbols |= sh[i].sh_type == SHT_SYMTAB;
	printf("size=%lld kind=%s,%s\n", (long long)st.st_size,
	    dynamic ? "dynamic" : "static", symbols ? "symbols" : "stripped");
	return 0;
}
