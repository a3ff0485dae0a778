/*
 * activate.c - hand a listening socket over, as a service manager does.
 *
 *	activate [-n number] [-p pid] kind where program [argument] ...
 *
 * The program runs in this process with one more descriptor, 3, and LISTEN_FDS=1
 * and LISTEN_PID as they should be, or as -n and -p say.  kind: stream (where is
 * an IPv4 port, 0 for any), deaf (the same, but it does not listen), dgram, unix
 * (where is a path), file.  The port goes to a file "given".
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
inet_socket(int type, const char *port)
{
	struct sockaddr_in	in;
	socklen_t		len = sizeof(in);
	FILE			*given;
	int			fd;

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons((uint16_t)atoi(port));
	if ((fd = socket(AF_INET, type, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&in, sizeof(in)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) == -1)
		err(1, "%s", port);
	if ((given = fopen("given", "w")) == NULL ||
	    fprintf(given, "%u\n", ntohs(in.sin_port)) < 0 ||
	    fclose(given) == EOF)
		err(1, "given");
	return fd;
}

static int
unix_socket(const char *path)
{
	struct sockaddr_un	un;
	int			fd;

	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un.sun_path))
		errx(1, "%s: too long", path);
	strcpy(un.sun_path, path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&un, sizeof(un)) == -1)
		err(1, "%s", path);
	return fd;
}

static int
make(const char *kind, const char *where)
{
	int	fd;

	if (strcmp(kind, "file") == 0)
		fd = open(where, O_RDONLY);
	else if (strcmp(kind, "unix") == 0)
		fd = unix_socket(where);
	else
		fd = inet_socket(strcmp(kind, "dgram") == 0 ? SOCK_DGRAM :
		    SOCK_STREAM, where);
	if (fd == -1)
		err(1, "%s", where);
	if ((strcmp(kind, "unix") == 0 || strcmp(kind, "stream") == 0) &&
	    listen(fd, 16) == -1)
		err(1, "listen");
	return fd;
}

int
main(int argc, char *argv[])
{
	const char	*number = "1", *pid = NULL;
	char		 own[16];
	int		 c, fd;

	while ((c = getopt(argc, argv, "+n:p:")) != -1) {
		if (c == 'n')
			number = optarg;
		else if (c == 'p')
			pid = optarg;
		else
			return 2;
	}
	argc -= optind;
	argv += optind;
	if (argc < 3)
		errx(2, "usage: activate [-n number] [-p pid] kind where "
		    "program [argument] ...");
	fd = make(argv[0], argv[1]);
	if (fd != 3 && (dup2(fd, 3) == -1 || close(fd) == -1))
		err(1, "dup2");
	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	if (setenv("LISTEN_FDS", number, 1) == -1 ||
	    setenv("LISTEN_PID", pid == NULL ? own : pid, 1) == -1)
		err(1, "setenv");
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
