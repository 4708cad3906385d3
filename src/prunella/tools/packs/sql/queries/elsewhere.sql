SELECT EXISTS (
    SELECT 1 FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND NOT (schemaname = $1 AND relname = $2)
)
