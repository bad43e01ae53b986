-- SCIM: credentials of identity providers, what they do in the audit log, and the keys by which they find the users that
-- they wrote: 11 the folded userName, 12 each folded e-mail address.
ALTER TABLE credential DROP CONSTRAINT credential_face_check;
ALTER TABLE credential
    ADD CONSTRAINT credential_face_check CHECK (face IN ('bitbadges', 'avepoint', 'genauth', 'scim'));

ALTER TABLE audit DROP CONSTRAINT audit_via_check;
ALTER TABLE audit ADD CONSTRAINT audit_via_check CHECK (via IN ('cli', 'api', 'scim')) NOT VALID;

ALTER TABLE user_shared_key DROP CONSTRAINT user_shared_key_kind_check;
ALTER TABLE user_shared_key
    ADD CONSTRAINT user_shared_key_kind_check CHECK (kind BETWEEN 7 AND 12) NOT VALID;
