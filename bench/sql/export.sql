-- The data set's tenant :tenant as canonical NDJSON, one user per line.
COPY (
SELECT json_strip_nulls(json_build_object('id', id,
  'profile', json_build_object('username', username, 'displayName', name, 'givenName', given_name, 'familyName', family_name,
     'nickname', nickname, 'preferredUsername', preferred_username, 'profile', profile, 'photo', photo, 'website', website,
     'gender', CASE gender WHEN 'M' THEN 'male' WHEN 'F' THEN 'female' ELSE 'unknown' END, 'birthdate', birthdate,
     'zoneinfo', zoneinfo, 'locale', locale, 'identityNumber', identity_number),
  'contact', json_build_object('email', email, 'emailVerified', email_verified, 'phone', phone,
     'phoneCountryCode', phone_country_code, 'phoneVerified', phone_verified),
  'postal', json_build_object('country', country, 'province', province, 'region', region, 'city', city, 'address', address,
     'streetAddress', street_address, 'postalCode', postal_code, 'formatted', formatted),
  'employment', json_build_object('company', company, 'department', 'Department ' || seq % 200, 'jobTitle', 'Engineer',
     'employeeId', seq::text, 'externalId', external_id, 'workStatus', lower(work_status),
     'mainDepartmentId', main_department_id, 'departmentIds', json_build_array(main_department_id)),
  'account', json_build_object('userPrincipalName', email, 'status', lower(status),
     'statusChangedAt', to_char(status_changed_at AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
     'createdAt', to_char(created_at AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
     'updatedAt', to_char(updated_at AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'source', 'register',
     'flags', json_build_array('mfaDisabled')),
  'logins', json_build_object('count', logins_count, 'lastIp', last_ip, 'browser', browser, 'device', device,
     'lastAt', to_char(last_login AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
     'passwordSetAt', to_char(password_last_set_at AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
     'passwordSecurityLevel', password_security_level),
  'chainAccounts', json_build_array(json_build_object('address', '0x' || substr(md5('a' || seq) || md5('b' || seq), 1, 40),
     'accountNumber', seq::text, 'sequence', '1', 'balance', json_build_object('amount', '1000', 'denom', 'badge'))),
  'customData', custom_data))
  FROM bench.users WHERE tenant_id = :tenant ORDER BY seq
) TO STDOUT;
