"""Mail out and in: notices that say there is news, and the desk's mailbox."""
