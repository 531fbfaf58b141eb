"""The network, what it says about a stretch of DNA, and the file it is kept in."""
