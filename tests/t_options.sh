# The command line: every option, and what is wrong with it.

# misused PATTERN ARGUMENT ...: exit status 2, a line that says why, and the usage.
misused()
{
	_pattern=$1
	shift
	atf_check -s exit:2 -e match:"^sockproxy: $_pattern" \
	    -e match:'^usage: sockproxy' "$PROGRAM" "$@"
}

describe wrong_use_is_named_and_exits_2 \
    "each misuse names its option, and nothing starts"
wrong_use_is_named_and_exits_2_body()
{
	begin
	misused 'unknown option -x$' -x
	misused 'unknown option -y$' -Dy -f nothing
	misused 'unknown option --help$' --help
	misused '-f wants an argument$' -D -f
	misused '-f is given twice$' -f one -f two
	misused '-R wants an argument$' -R
	misused '-R wants the number of a descriptor, not 3x$' -R 3x :80 b:80
	misused '-R wants the number of a descriptor, not -1$' -R -1 :80 b:80
	misused '-t and -p exclude each other$' -tp -f nothing
	misused '-f leaves no room for :80$' -f nothing :80
	misused 'no -f file and no addresses$' -D
	misused 'no -f file and no addresses$'
	misused 'no backend for :80$' :80
}

describe help_and_version_go_to_standard_output \
    "-h, -v and -V, and what is built in"
help_and_version_go_to_standard_output_body()
{
	begin
	atf_check -o match:'^usage: sockproxy' "$PROGRAM" -h
	atf_check -o match:'^sockproxy [0-9.]+$' "$PROGRAM" -v
	atf_check -o match:'^sockproxy [0-9.]+$' \
	    -o match:'^waiting: .*poll$' -o match:'^splicing: ' \
	    -o match:'^sandbox: ' "$PROGRAM" -V
	# With nowhere to write it is not a success.
	[ -w /dev/full ] || return 0
	atf_check -s exit:1 -e match:'cannot write to standard output' \
	    sh -c "'$PROGRAM' -h >/dev/full"
}

# instructions N: how many it takes to read so many listeners.
instructions()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
	    printf "$SERVER[\"socket\"] == \"127.0.0.1:%d\" {\n" \
	    "sockproxy.server = ( \"\" => ( ( \"host\" => \"10.0.%d.%d\", " \
	    "\"port\" => %d ) ) )\n}\n", 10000 + i, i / 250, i % 250 + 1,
	    i + 1 }' >"many$1"
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
	    "$PROGRAM" -ttf "many$1" 2>err >&2 || fail "$(cat err)"
	sed -n 's/^.*Collected : //p' err
}

describe reading_takes_time_in_proportion \
    "four times the listeners, about four times the work" valgrind
reading_takes_time_in_proportion_body()
{
	begin
	few=$(instructions 250)
	many=$(instructions 1000)
	echo "250 listeners: $few instructions, 1000: $many"
	[ "$((many / few))" -lt 6 ] || fail "$few for 250, $many for 1000"
}

describe checking_says_so_once_and_starts_nothing "-t, -t -t and -tt"
checking_says_so_once_and_starts_nothing_body()
{
	begin
	echo 'server.pid-file = "pid"' >good
	echo 'sockproxy.server = ( "a" => ( "host" => "127.0.0.1",
	    "port" => 81 ) )' >>good
	echo 'server.bind = "127.0.0.1"' >>good
	atf_check -o inline:'Syntax OK\n' "$PROGRAM" -t -f good
	atf_check -o inline:'Syntax OK\n' "$PROGRAM" -tf good
	atf_check -o inline:'Syntax OK\n' "$PROGRAM" -tfgood
	atf_check "$PROGRAM" -tt -f good
	atf_check "$PROGRAM" -t -t -f good
	atf_check -o inline:'Syntax OK\n' "$PROGRAM" -t -f - <good
	atf_check -o inline:'Syntax OK\n' "$PROGRAM" -t -- :80 127.0.0.1:81
	[ ! -e pid ] || fail "checking made a pid file"
	echo 'sockproxy.balanse = "fair"' >bad
	for check in -t -tt -p -D; do
		atf_check -s exit:1 -e match:'^bad:1:1: error: .*balance' \
		    "$PROGRAM" $check -f bad
	done
	for none in nothing .; do
		atf_check -s exit:1 -e match:"$none" "$PROGRAM" -t -f $none
	done
}

describe the_printed_configuration_is_the_configuration \
    "-p of a file and of addresses, read again, prints the same"
the_printed_configuration_is_the_configuration_body()
{
	begin
	"$PROGRAM" -p 127.0.0.1:8080 10.0.0.1:80 '[fd00::2]:81' /run/b.sock \
	    >one || fail "-p ended with $?"
	atf_check -o match:'10\.0\.0\.1' -o match:'fd00::2' \
	    -o match:'/run/b.sock' -o match:'"127.0.0.1:8080"' cat one
	"$PROGRAM" -p -f one >two || fail "-p -f ended with $?"
	"$PROGRAM" -p -f - <two >three || fail "-p -f - ended with $?"
	# What follows the values is where they were set.
	for file in one two three; do
		sed 's/[[:blank:]]*# .*//' $file >$file.plain
	done
	atf_check diff one.plain two.plain
	atf_check diff one.plain three.plain
	[ ! -w /dev/full ] ||
		atf_check -s exit:1 -e match:'cannot write' \
		    sh -c "'$PROGRAM' -p -f one >/dev/full"
}

describe a_listener_may_leave_its_port_to_the_system_with_R_only \
    "port 0 is for tests that ask what came of it"
a_listener_may_leave_its_port_to_the_system_with_R_only_body()
{
	begin
	atf_check -s exit:1 -e match:'from 1 to 65535' \
	    "$PROGRAM" -D 127.0.0.1:0 127.0.0.1:1
	atf_check -o inline:'Syntax OK\n' \
	    "$PROGRAM" -t -R 9 127.0.0.1:0 127.0.0.1:1
}
