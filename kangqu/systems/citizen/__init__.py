"""The residents' own pages: the code, the paper card, family, who looked, messages, what the city keeps of them."""
