SELECT concat_ws(' in ', 'role ' || nullif(r.rolname, ''), 'database ' || nullif(d.datname, '')) AS source,
       '' AS file, '' AS line
FROM pg_db_role_setting AS s
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
WHERE s.setconfig && ARRAY['default_transaction_read_only=on', 'default_transaction_read_only=true']
  AND (s.setrole = 0 OR r.rolname = current_user) AND (s.setdatabase = 0 OR d.datname = current_database())
LIMIT 1
