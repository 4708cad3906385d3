"""Large texts out of the way: kept, searched, and cut down to what matters."""
