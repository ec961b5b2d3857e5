"""The doctor's sheet: herbs typed with suggestions, reviewed while they are typed, signed, sent, followed, corrected."""
