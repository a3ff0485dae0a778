# What packagers take: the scripts are shell, and what they run is right.

describe scripts_are_shell "sh -n of every script in dist"
scripts_are_shell_body()
{
	begin
	root=$_dir/../..
	for s in dist/freebsd/port/files/sockproxy.in dist/openbsd/sockproxy.rc \
	    dist/openwrt/files/sockproxy.init dist/openrc/sockproxy.initd \
	    dist/alpine/APKBUILD dist/alpine/sockproxy.pre-install tests/demo.sh tests/check.sh \
	    tests/coverage.sh .ci/run; do
		atf_check sh -n "$root/$s"
	done
}

describe scripts_pass_shellcheck "OpenWrt's and OpenRC's" shellcheck
scripts_pass_shellcheck_body()
{
	begin
	atf_check shellcheck -s dash \
	    "$_dir/../../dist/openwrt/files/sockproxy.init" \
	    "$_dir/../../dist/openrc/sockproxy.initd"
}

# The functions of procd.sh are stubs that say what they are called with.
describe procd_is_told_all "OpenWrt: start, reload, and what brings a reload about"
procd_is_told_all_body()
{
	begin
	conf=$_dir/../../dist/sockproxy.conf
	sed -e "s|^PROG=.*|PROG=$PROGRAM|" -e "s|^CONFIG=.*|CONFIG=$conf|" \
	    -e "s|/var/empty|$PWD/empty|g" \
	    "$_dir/../../dist/openwrt/files/sockproxy.init" >init
	cat >run <<-'SH'
		for f in open_instance set_param close_instance send_signal \
		    add_raw_trigger; do
			eval "procd_$f() { echo $f \"\$@\"; }"
		done
		# procd ends what it is not told of again
		rc_procd() { "$@"; echo close_service; }
		. ./init
		"$@"
	SH
	atf_check -o save:started sh run rc_procd start_service
	atf_check -o match:"^set_param command $PROGRAM -D -f $conf$" \
	    -o match:"^set_param respawn 3600 5 0$" \
	    -o match:"^close_service$" cat started
	[ -d empty ] || fail "no directory for server.chroot"
	atf_check -o ignore sh run rc_procd start_service
	atf_check -o inline:"Syntax OK\nsend_signal sockproxy\n" \
	    sh run reload_service
	atf_check -o match:'^add_raw_trigger interface\.\*\.up [0-9]+ /etc' \
	    sh run service_triggers
	echo nonsense >bad
	sed -i.before "s|^CONFIG=.*|CONFIG=bad|" init
	atf_check -s exit:1 -e ignore sh run rc_procd start_service
	atf_check -s exit:1 -e ignore sh run reload_service
}

# What openrc-run has ready for a script says what it is called with.
describe openrc_signals_what_was_checked "Alpine: start, reload and upgrade, with the package's file"
openrc_signals_what_was_checked_body()
{
	begin
	dist=$_dir/../../dist
	mkdir -p bin to/etc
	ln -s "$dist" dist
	for f in checkpath install make start-stop-daemon; do
		printf '#! /bin/sh\necho %s "$@"\n' "$f" >"bin/$f"
		chmod +x "bin/$f"
	done
	cat >run <<-'SH'
		PATH=$PWD/bin:$PATH RC_SVCNAME=sockproxy
		eerror() { echo "$@" >&2; }
		ebegin() { :; }
		eend() { return "$1"; }
		. "./dist/$SCRIPT"
		command=$PROGRAM pkgdir=to
		"$@"
	SH
	export PROGRAM SCRIPT cfgfile
	SCRIPT=alpine/APKBUILD
	atf_check -o match:"^make install OPT= DESTDIR=to PREFIX=/usr " \
	    -o match:" dist/openrc/sockproxy.initd to/etc/init.d/sockproxy$" \
	    sh run package
	SCRIPT=openrc/sockproxy.initd cfgfile=to/etc/sockproxy.conf
	atf_check sh run checkconfig
	atf_check -o match:"^checkpath -d -m 0755 /run/sockproxy$" \
	    sh run start_pre
	for s in HUP:reload USR2:upgrade; do
		atf_check -o inline:"start-stop-daemon --signal ${s%:*}\
 --pidfile /run/sockproxy.pid\n" sh run "${s#*:}"
	done
	# a restart does not stop what could not start again
	echo nonsense >>"$cfgfile"
	for f in checkconfig start_pre reload upgrade \
	    "eval RC_CMD=restart; stop_pre"; do
		atf_check -s exit:1 -e match:"conf:[0-9]+:[0-9]+: error" \
		    sh run $f
	done
	atf_check sh run stop_pre
	# nobody would be there to be signalled
	cfgfile=dist/sockproxy.conf
	atf_check -s exit:1 -e match:'server\.pid-file = "/run/sockproxy\.pid"' \
	    sh run checkconfig
}

# rc.subr finds its processes by their name, and sends signals to all of them.
describe rc_signals_go_to_the_parent "FreeBSD: reload and stop, with a stub of rc.subr"
rc_signals_go_to_the_parent_body()
{
	begin
	echo "\$SERVER[\"socket\"] == \"127.0.0.1:0\" { $(server b=127.0.0.1:1) }" >c
	launch -- -f c
	sed 's/:0"/:8080"/' c >checked
	cat >rc.subr <<-'SH'
		load_rc_config() { :; }
		run_rc_command()
		{
			rc_pid=$PIDS
			eval "\${$1_precmd}" && echo "to $rc_pid"
		}
	SH
	sed -e 's|^\. /etc/rc.subr|. ./rc.subr|' \
	    -e "s|%%PREFIX%%/sbin/sockproxy|$PROGRAM|" \
	    "$_dir/../../dist/freebsd/port/files/sockproxy.in" >rc
	PIDS=$(echo $(relays) "$PROXY") sockproxy_config=checked
	export PIDS sockproxy_config
	for what in reload stop; do
		atf_check -o inline:"to $PROXY\n" sh rc $what
	done
	echo nonsense >checked
	atf_check -s exit:1 -e ignore sh rc reload
	proxy_stop
}

# Runs its words with each make that is there, as all are promised.
each_make()
{
	# the words of another make, which may be the one that runs the tests
	unset MAKEFLAGS MFLAGS
	for make in make bmake gmake; do
		! command -v $make >/dev/null || "$@"
	done
}

describe install_puts_all_in_place "make install with DESTDIR, PREFIX and a blank; uninstall" make
install_puts_all_in_place_body()
{
	begin
	case $_dir in
	*/build/tests) ;;
	*)	atf_skip "only for the directory that make install takes" ;;
	esac
	each_make installs
}

installs()
{
	for t in install uninstall; do
		(cd "$_dir/../.." && $make $t DESTDIR="$OLDPWD/in to" \
		    PREFIX=/usr) >said 2>&1 || fail "$make $t: $(cat said)"
		atf_check -o save:$t sh -c 'cd "in to" && find . -type f | sort'
		[ $t = install ] || continue
		atf_check -o inline:"Syntax OK\n" "in to/usr/sbin/sockproxy" -t \
		    -f "in to/usr/share/examples/sockproxy/sockproxy.conf"
		touch "in to/usr/sbin/sockproxy2" "in to/usr/share/man/man8/a"
	done
	atf_check -o inline:"./usr/sbin/sockproxy
./usr/share/examples/sockproxy/sockproxy.conf
./usr/share/man/man5/sockproxy.conf.5
./usr/share/man/man8/sockproxy.8
" cat install
	atf_check -o inline:"./usr/sbin/sockproxy2\n./usr/share/man/man8/a\n" \
	    cat uninstall
	[ ! -e "in to/usr/share/examples/sockproxy" ] || fail "a directory is left"
	rm -r "in to"
}

# A compiler that makes empty files, and writes down what it was called with.
describe other_flags_build_anew "make with CFLAGS, without, and make install" make
other_flags_build_anew_body()
{
	begin
	cat >cc <<-SH
		#! /bin/sh
		echo "\$*" >>"$PWD/called"
		while [ "\$1" != -o ]; do shift; done
		>"\$2"
	SH
	chmod +x cc
	each_make flags
}

flags()
{
	mkdir tree
	(cd "$_dir/../.." && tar cf - Makefile dist sockproxy.* src compat \
	    tests/*.h tests/*/*.h) |
	    (cd tree && tar xf -)
	builds all
	n=$calls
	[ "$n" -gt 60 ] || fail "$make: $n files"
	builds all
	[ "$calls" = 0 ] || fail "$make builds $calls of $n again"
	builds all CFLAGS='-DX=\"a\ b\"'
	[ "$calls" = "$n" ] || fail "$make, other flags: $calls of $n"
	grep -q 'DX="a b"' called || fail "$(head -1 called)"
	# who packages may say only once how to build
	builds install DESTDIR="$PWD/to"
	[ "$calls" = 0 ] || fail "$make install builds $calls of $n"
	builds all
	[ "$calls" = "$n" ] || fail "$make, no flags: $calls of $n"
	rm -r tree to
}

builds()
{
	: >called
	(cd tree && $make CC="$OLDPWD/cc" "$@") >said 2>&1 ||
	    fail "$make $*: $(cat said)"
	calls=$(grep -c . called)
	# bmake sees whole seconds
	find tree -exec touch -h -t 200001010000 {} +
}

describe make_says_what_it_cannot "no tarball without git, no place for a build" make
make_says_what_it_cannot_body()
{
	begin
	none=$PWD/none
	cd "$_dir/../.." || fail "no source tree"
	atf_check -s not-exit:0 -o ignore -e ignore \
	    env GIT_DIR="$none" make dist VERSION=none
	[ ! -e sockproxy-none.tar.gz ] || fail "there is a tarball"
	atf_check -s not-exit:0 -o ignore -e save:"$none" \
	    make variant VARIANT=/dev/null/none
	atf_check -s exit:1 grep ^ln "$none"
}

describe rotation_goes_to_the_new_file "the script of logrotate, behind a rename"
rotation_goes_to_the_new_file_body()
{
	begin
	cat >c <<-CONF
		server.errorlog = "$PWD/var/log/sockproxy.log"
		server.pid-file = "$PWD/run/sockproxy.pid"
		\$SERVER["socket"] == "127.0.0.1:0" { $(server b=127.0.0.1:1) }
	CONF
	mkdir -p var/log run
	sed -n '/postrotate/,/endscript/s/^\t\t//p' \
	    "$_dir/../../dist/logrotate" | sed "s| /run| $PWD/run|g" >script
	log=$PWD$(sed -n 's/ {$//p' "$_dir/../../dist/logrotate")
	launch -- -f c
	mv "$log" "$log.1"
	atf_check sh script
	await "the new log" grep -q 'configuration is in effect' "$log"
	proxy_stop
	# nobody is there any more
	atf_check sh script
}

# The example asks for a directory that few systems have.
describe the_unit_makes_the_directory_of_the_example "server.chroot, with systemd"
the_unit_makes_the_directory_of_the_example_body()
{
	begin
	dir=$(sed -n 's/^#server.chroot *= "\(.*\)"/\1/p' \
	    "$_dir/../../dist/sockproxy.conf")
	sed -n 's/^ExecStartPre=//p' "$_dir/../../dist/systemd/sockproxy.service" |
	    grep -v sockproxy | sed "s|$dir|$PWD/empty|" >before
	atf_check sh before
	[ -d empty ] || fail "no directory for server.chroot"
	atf_check sh before
}

describe systemd_takes_the_units "systemd-analyze verify" systemd-analyze
systemd_takes_the_units_body()
{
	begin
	mkdir units
	for u in service socket; do
		sed -e "s|/usr/sbin/sockproxy|/bin/true|" \
		    "$_dir/../../dist/systemd/sockproxy.$u" \
		    >"units/sockproxy.$u"
	done
	systemd-analyze verify "$PWD/units/sockproxy.service" \
	    "$PWD/units/sockproxy.socket" >said 2>&1
	# other units of the machine are none of our business
	grep sockproxy said | grep -v "Command 'man" >ours
	atf_check cat ours
}

# A port alone is IPv6 and IPv4 in one to systemd, and IPv4 in a configuration.
describe the_socket_unit_is_for_the_example "both say the same address"
the_socket_unit_is_for_the_example_body()
{
	begin
	port=$(sed -n 's/^ListenStream=0\.0\.0\.0:\([0-9]*\)$/\1/p' \
	    "$_dir/../../dist/systemd/sockproxy.socket")
	atf_check -o match:"^.SERVER\[\"socket\"\] == \":$port\"" \
	    cat "$_dir/../../dist/sockproxy.conf"
}
