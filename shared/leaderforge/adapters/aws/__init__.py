"""The few calls of AWS that functions make, without the half second that its SDK takes to load."""
