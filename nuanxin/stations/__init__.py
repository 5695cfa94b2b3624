"""驿站: the register of stations, their state, finding and keeping them."""
