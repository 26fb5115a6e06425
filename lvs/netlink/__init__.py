"""Generic netlink to IPVS: message schema, codec, and the Kernel class, on pyroute2's transport."""
