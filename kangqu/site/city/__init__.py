"""A believable city made up from a seed: people, households, institutions, staff. Nobody in it is real."""
