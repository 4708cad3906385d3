SELECT rolname AS role, rolvaliduntil::text AS until
FROM pg_roles
WHERE rolcanlogin AND rolvaliduntil < now()
ORDER BY rolname
