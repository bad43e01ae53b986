-- See 0012, which held locks under which no large table is to be read.
ALTER TABLE audit VALIDATE CONSTRAINT audit_via_check;
ALTER TABLE user_shared_key VALIDATE CONSTRAINT user_shared_key_kind_check;
