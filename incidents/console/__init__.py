"""The analysts' pages: the queue, the case, and a report taken on the phone."""
