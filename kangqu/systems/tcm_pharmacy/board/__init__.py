"""The live board of a pharmacy's floor: what waits at each station, what is late, pots, couriers. Names nobody."""
