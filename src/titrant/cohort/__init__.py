"""Virtual patients under a protocol, day by day: what the rules would do to many people, before they meet one."""
