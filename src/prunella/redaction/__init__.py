"""Takes secrets out of texts and values on their way to people, models, logs and traces."""
