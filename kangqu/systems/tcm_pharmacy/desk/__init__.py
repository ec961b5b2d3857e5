"""The review desk: what waits, one prescription laid out as it is read, the signatures of the pharmacists."""
