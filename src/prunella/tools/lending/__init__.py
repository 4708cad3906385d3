"""A Prunella sandbox, lent to agents of other frameworks in the place of the shell that they would run here."""
