SELECT pg_get_userbyid(x.grantor) AS grantor,
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
       x.privilege_type AS privilege, x.is_grantable
FROM pg_class AS c, aclexplode(coalesce(
    c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS x
WHERE c.oid = $1::oid
ORDER BY 1, 2, 3
