"""Where things are: regions, institutions in a tree, departments, posts, stations, devices."""
