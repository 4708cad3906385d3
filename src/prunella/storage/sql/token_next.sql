UPDATE fence SET token = token + 1
