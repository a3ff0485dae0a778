# The simulated system: seeds that must hold, and the contract it keeps.

describe thousands_of_seeds "every invariant after every turn, 4,000 seeds"
thousands_of_seeds_body()
{
	begin
	atf_check -o save:said -e save:errors "$_dir/sim/sim" -q -n 4000 -j 2
	# what never happens is not tested
	grep -q '(spliced [1-9].*)' said || fail "nothing was spliced"
	grep -q '(gathers [1-9].*)' said || fail "nothing gathered"
	grep -q 'handovers [1-9].* ([1-9].* messages)' said ||
	    fail "nothing was handed over"
	grep -q 'crashes [1-9].* over [1-9].* over [1-9].* draining [1-9]' said ||
	    fail "no relay died, or not at every time"
	sed -n 's/^ended *none 0//p' said >reasons
	[ -s reasons ] || fail "nothing ended"
	atf_check -s exit:1 grep -E ' [a-z-]+ 0( |$)' reasons
}

describe contract_holds_on_the_simulated_system \
    "what the real system is held to, the simulated one is too"
contract_holds_on_the_simulated_system_body()
{
	begin
	atf_check -o ignore -e empty "$_dir/sim/sim-contract"
}
