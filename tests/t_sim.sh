# The simulated system: seeds that must hold, and the contract it keeps.

describe thousands_of_seeds "every invariant after every turn, 4,000 seeds"
thousands_of_seeds_body()
{
	begin
	atf_check -o save:said -e save:errors "$_dir/sim/sim" -q -n 4000 -j 2
}

describe contract_holds_on_the_simulated_system \
    "what the real system is held to, the simulated one is too"
contract_holds_on_the_simulated_system_body()
{
	begin
	atf_check -o ignore -e empty "$_dir/sim/sim-contract"
}
