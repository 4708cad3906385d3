SELECT pg_get_userbyid(x.grantor) AS grantor,
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
       x.privilege_type AS privilege, x.is_grantable
FROM pg_namespace AS n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS x
WHERE n.oid = $1::oid
ORDER BY 1, 2, 3
