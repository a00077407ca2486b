"""SQLite for several processes: writers wait in the kernel's queue instead of asking again.

SQLite's own busy handler sleeps and retries, so that under eight writing processes one of them can
wait for 16 s. Here each writing transaction first takes a file lock, which the kernel hands on.
"""
