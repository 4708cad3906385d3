"""What survives the process: the journal, the book of runs, checkpoints, events. SQLite; readable by its owner only."""
