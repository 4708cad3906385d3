SELECT quote_ident(a.attname) AS "column", pg_get_userbyid(x.grantor) AS grantor,
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
       x.privilege_type AS privilege, x.is_grantable
FROM pg_attribute AS a, aclexplode(a.attacl) AS x
WHERE a.attrelid = $1::oid AND NOT a.attisdropped
ORDER BY a.attnum, 2, 3, 4
