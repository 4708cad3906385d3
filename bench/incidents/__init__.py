"""Real incidents on a real fleet, judged from outside."""
