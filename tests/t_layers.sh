# The layers of src, and that the lists kept by hand are whole.

root()
{
	# a build directory is one below the tree
	cd "$(atf_get_srcdir)/../.." || atf_fail "no source tree"
}

# From the lowest up.  A file includes headers of lower lines and of its own line
# only; a line with several names is one module in several files.
LAYERS="
limits
must text log
manager
addr
out
setup
share
key lex
conf conf_addr conf_assign conf_build conf_cond conf_dump conf_expr conf_int \
conf_pool conf_value key_value
place
board
stat stat_text
history
ids
buf
backend half gather
rate
channel
child
session connect expire last report table
handover listener
loop
resolve
former
http
status
view listing page metrics json
ctl
operate
client
monitor
bound
listen start doors
confine
relay watcher writer
crew
parent reader upgrade
ctlclient
main
"

atf_test_case headers_only_of_lower_layers
headers_only_of_lower_layers_head()
{
	atf_set descr "includes in src have no circle: the layers hold"
}
headers_only_of_lower_layers_body()
{
	root
	for f in src/*.[ch]; do
		sed -n "s|^#include \"\([a-z_0-9]*\)\.h\"\$|$f \1|p" "$f"
	done >"$OLDPWD/includes"
	[ -s "$OLDPWD/includes" ] || atf_fail "no includes were found"
	cd "$OLDPWD" || atf_fail "no work directory"
	echo "$LAYERS" >layers
	ls "$(atf_get_srcdir)"/../../compat/*.h | sed 's|.*/||; s|\.h$||' >compat
	atf_check awk '
	FILENAME == "layers" { for (i = 1; i <= NF; i++) rank[$i] = FNR; next }
	FILENAME == "compat" { rank[$1] = -1; next }
	{
		own = $1
		sub(/^src\//, "", own)
		sub(/\.[ch]$/, "", own)
		if (!(own in rank))
			print $1 " is on no layer"
		else if (!($2 in rank))
			print $1 " includes " $2 ".h, which is on no layer"
		else if (rank[$2] > rank[own])
			print $1 " includes " $2 ".h of a higher layer"
	}' layers compat includes
}

atf_test_case src_includes_no_system_header
src_includes_no_system_header_head()
{
	atf_set descr "src: ISO C, errno, poll constants, syslog, arpa/inet only"
}
src_includes_no_system_header_body()
{
	root
	iso="assert ctype errno float inttypes limits locale math poll setjmp"
	iso="$iso signal stdarg stdatomic stdbool stddef stdint stdio stdlib"
	iso="$iso string syslog time arpa/inet"
	grep -HnE '^#[ 	]*include[ 	]*<' src/*.[ch] | while read -r line; do
		name=${line#*<}
		name=${name%.h>*}
		case " $iso " in
		*" $name "*) ;;
		*)	echo "$line" ;;
		esac
	done >"$OLDPWD/found"
	atf_check cat "$OLDPWD/found"
}

atf_test_case src_has_no_conditional_compilation
src_has_no_conditional_compilation_head()
{
	atf_set descr "src: no #if but include guards"
}
src_has_no_conditional_compilation_body()
{
	root
	found=$OLDPWD/found
	grep -Hn '^#[ 	]*if' src/*.c >"$found"
	for f in src/*.h; do
		guard=$(basename "$f" | tr 'a-z.' 'A-Z_')
		grep -Hn '^#[ 	]*if' "$f" | grep -v "#ifndef $guard\$"
	done >>"$found"
	atf_check cat "$found"
}

atf_test_case lists_by_hand_are_whole
lists_by_hand_are_whole_head()
{
	atf_set descr "every source is in the Makefile, every test in the Kyuafile"
}
lists_by_hand_are_whole_body()
{
	root
	found=$OLDPWD/found
	for f in src/*.[ch] compat/*.[ch] tests/sim/*.c; do
		grep -q "[ 	]${f%.[ch]}\\.[cho]\\([ 	]\\|\$\\)" Makefile || echo "$f"
	done >"$found"
	for f in tests/t_*.c tests/t_*.sh; do
		t=${f%.*}
		grep -q "[ 	]$t\\([ 	]\\|\$\\)" Makefile || echo "$f"
		grep -q "\"${t#tests/}\"" tests/Kyuafile ||
			echo "$f is not in tests/Kyuafile"
	done >>"$found"
	atf_check cat "$found"
}

atf_test_case faults_name_tests_that_exist
faults_name_tests_that_exist_head()
{
	atf_set descr "every test case that tests/README.md names is there"
}
faults_name_tests_that_exist_body()
{
	root
	found=$OLDPWD/found
	sed -n '/^## Faults/,$p' tests/README.md | grep -oE '[a-z0-9]+(_[a-z0-9]+)+' |
	    sort -u | while read -r name; do
		[ -n "$(find tests -name "$name.*")" ] ||
		    grep -qw "$name" tests/t_*.c tests/t_*.sh || echo "$name"
	done >"$found"
	atf_check cat "$found"
}

atf_init_test_cases()
{
	atf_add_test_case headers_only_of_lower_layers
	atf_add_test_case src_includes_no_system_header
	atf_add_test_case src_has_no_conditional_compilation
	atf_add_test_case lists_by_hand_are_whole
	atf_add_test_case faults_name_tests_that_exist
}
