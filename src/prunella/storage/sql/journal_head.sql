SELECT lines, hash FROM journal_head
