# The fuzzers' corpora, replayed: no crash, and what is accepted means the same
# when it is dumped and read again.

describe configurations "every configuration in the tree"
configurations_body()
{
	begin
	root=$_dir/../..
	for d in "$root/tests/conf/good" "$root/tests/conf/bad" \
	    "$root/tests/fuzz/corpus/fuzz_conf"; do
		[ ! -d "$d" ] || atf_check -o ignore -e ignore \
		    "$_dir/fuzz/fuzz_conf" "$d"
	done
}

describe schedules "every schedule in the corpus of the simulator's fuzzer"
schedules_body()
{
	begin
	corpus=$_dir/../../tests/fuzz/corpus/fuzz_sim
	[ -d "$corpus" ] || atf_skip "there is no corpus yet"
	atf_check -o ignore -e ignore "$_dir/fuzz/fuzz_sim" "$corpus"
}

describe monitor_clients "every input in the corpus of the monitor's fuzzer"
monitor_clients_body()
{
	begin
	corpus=$_dir/../../tests/fuzz/corpus/fuzz_ctl
	atf_check -o match:"^[0-9]{2,} inputs" -e ignore \
	    "$_dir/fuzz/fuzz_ctl" "$corpus"
}
