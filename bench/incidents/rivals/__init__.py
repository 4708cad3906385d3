"""Who else plays: each module has `rivals(model)`, which gives makers of contenders by name."""
