"""Cases drawn by chance, for the laws and for the second computation."""
