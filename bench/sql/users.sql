-- The data set: :n users of about 1.6 KB in 46 columns, half of them in each of two tenants. All values are derived
-- from the user's number, so that load scripts can compute them without a lookup.
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
SET search_path = bench, public;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

CREATE FUNCTION user_id(i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT md5('u' || i)::uuid $$;

CREATE UNLOGGED TABLE users AS
SELECT CASE WHEN i * 2 <= :n THEN 1 ELSE 2 END AS tenant_id, user_id(i) AS id, i AS seq,
       ts AS created_at, ts + (i % 9999) * interval '1 second' AS updated_at,
       (ARRAY['Activated', 'Activated', 'Activated', 'Suspended', 'Resigned'])[1 + i % 5] AS status, 'Active' AS work_status,
       'ext-' || i AS external_id, 'user' || i || '@example.com' AS email, '188' || lpad(i::text, 8, '0') AS phone,
       '+86' AS phone_country_code, 'user' || i AS username, 'Name ' || substr(h, 1, 6) AS name,
       'nick' || substr(h, 1, 4) AS nickname, 'https://files.example.com/avatars/' || h || '.png' AS photo,
       (i % 400)::int AS logins_count, ts + interval '40 days' AS last_login,
       '10.' || i % 250 || '.' || i % 199 || '.7' AS last_ip, (ARRAY['M', 'F', 'U'])[1 + i % 3] AS gender,
       i % 2 = 0 AS email_verified, i % 3 = 0 AS phone_verified, ts + interval '3 days' AS password_last_set_at,
       date '1970-01-01' + (i % 14000)::int AS birthdate, 'CN' AS country, 'BJ' AS province, 'Beijing' AS city,
       'Chaoyang ' || i % 1000 AS address, 'Street ' || substr(h, 3, 8) || ' No. ' || i % 300 AS street_address,
       lpad((i % 100000)::text, 6, '0') AS postal_code, 'Company ' || i % 5000 AS company,
       'Mozilla/5.0 (Linux; Android 10; V2001A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.' || i % 4000 AS browser,
       'iOS' AS device, 'Given' || substr(h, 5, 5) AS given_name, 'Family' || substr(h, 9, 5) AS family_name,
       NULL::text AS middle_name, 'profile-' || i AS profile, 'user' || i AS preferred_username,
       'https://site-' || i || '.example.com' AS website, 'Asia/Shanghai' AS zoneinfo, 'zh-CN' AS locale,
       i % 999 || ', My Street, Kingston, New York 12401' AS formatted, 'Beijing' AS region,
       'register' AS user_source_type, (i % 3)::int AS password_security_level,
       '420421' || lpad(i::text, 12, '0') AS identity_number, substr(md5('d' || i % 2000), 1, 24) AS main_department_id,
       ts + interval '1 day' AS status_changed_at,
       jsonb_build_object('school', 'University ' || i % 777, 'age', 18 + i % 60,
           'employee', jsonb_build_object('number', i, 'level', i % 9, 'badge', substr(h, 1, 20)),
           'tags', jsonb_build_array('tag' || i % 13, 'tag' || i % 17, 'tag' || i % 19), 'note', 'free text ' || h) AS custom_data
  FROM generate_series(1, :n) AS g(i),
       LATERAL (SELECT md5('h' || i) AS h, timestamptz '2022-01-01 00:00:00+00' + (i % 40000000) * interval '1 second' AS ts) x;
ALTER TABLE users ADD PRIMARY KEY (tenant_id, id);

-- Prepared batches of ids for pgbench, which has no arrays.
CREATE UNLOGGED TABLE batches AS
SELECT size, b AS n, array_agg(user_id(r)) AS ids
  FROM (VALUES (1, 20000), (10, 20000), (100, 20000)) s (size, count), LATERAL generate_series(1, count) b,
       LATERAL (SELECT 1 + floor(random() * (:n / 2 - 1))::bigint AS r FROM generate_series(1, size + 0 * b)) q
 GROUP BY size, b;
ALTER TABLE batches ADD PRIMARY KEY (size, n);
VACUUM ANALYZE users, batches;
