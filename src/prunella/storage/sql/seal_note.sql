INSERT OR IGNORE INTO seals (key) VALUES (:key)
