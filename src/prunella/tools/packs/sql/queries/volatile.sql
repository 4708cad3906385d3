SELECT DISTINCT proname::text FROM pg_proc WHERE provolatile = 'v' AND proname::text = ANY ($1::text[])
