"""Who may do what without asking; pure, and the stricter rule wins."""
