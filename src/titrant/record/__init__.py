"""What happened, append-only, and the last gate before anything is signed or stored."""
