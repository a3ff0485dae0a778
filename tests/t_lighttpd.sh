# What lighttpd accepts, what we do: tests/conf/lighttpd.txt says for each line who.

base='server.modules = ( "mod_sockproxy" )
server.document-root = "/"
server.port = 18080
sockproxy.server = ( "" => (( "host" => "10.0.0.1", "port" => 80 )) )'

describe accepts_what_lighttpd_accepts \
    "both programs say of each line what the list says" lighttpd
accepts_what_lighttpd_accepts_body()
{
	begin
	n=0
	while IFS='	' read -r who line; do
		case $who in
		\#*) continue ;;
		esac
		{ echo "$base"; printf '%s\n' "$line" | tr '|' '\n'; } >t.conf
		theirs=no ours=no
		lighttpd -tt -f t.conf >out 2>&1 && theirs=yes
		"$PROGRAM" -tt -f t.conf >>out 2>&1 && ours=yes
		case $theirs$ours in
		yesyes) found=both ;;
		nono) found=none ;;
		yesno) found=lighttpd ;;
		*) found=sockproxy ;;
		esac
		[ "$found" = "$who" ] || {
			echo "expected $who, found $found: $line"
			cat out
			n=$((n + 1))
		}
	done <"$_dir/../../tests/conf/lighttpd.txt"
	[ $n -eq 0 ] || atf_fail "$n lines differ"
}
