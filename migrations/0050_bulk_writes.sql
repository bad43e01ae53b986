-- A write is checked against the bound tenant as before; but which tenant that is, is found out once a statement,
-- not once a row: an import writes millions. (Reads keep the plain call: it is what their indexes are searched by.)
ALTER POLICY bound_tenant_only ON "user" WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON user_key WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON user_shared_key WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON holding WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON transfer WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON transfer_party WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON announcement WITH CHECK (tenant_id = (SELECT bound_tenant()));
ALTER POLICY bound_tenant_only ON review WITH CHECK (tenant_id = (SELECT bound_tenant()));
