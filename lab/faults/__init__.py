"""`make faults`: thousands of histories of the real code, with a fault at every boundary.

One thread plays all processes: people at the web, two workers, two relays, and a director's agent on each
of two hosts. Database (SQLite), Redis and the agents' files are real; the kernel is `SimKernel`, which
tests/lab holds to the real one. Everything that reaches outside of a process passes a boundary
(`boundaries`), and there a process may be killed, an error may come before or after the deed, or another
process may have its turn. Time is simulated. So a seed tells the whole history, and the same one can be
played again.
"""
