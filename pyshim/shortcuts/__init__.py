"""Ways to the reference's tokens that leave out work; each has a switch."""
