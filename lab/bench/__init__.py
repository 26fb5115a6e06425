"""`make bench`: our library and ipvsadm at the same work, in turn, on the same kernel."""
