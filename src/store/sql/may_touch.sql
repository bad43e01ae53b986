-- Whether an AvePoint credential may access a customer.
CREATE OR REPLACE FUNCTION may_touch(candidate credential, target customer) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN usable(candidate) AND target.partner = candidate.partner
       AND (NOT candidate.narrowed
            OR EXISTS (SELECT FROM credential_customer g
                        WHERE g.credential_id = candidate.id AND g.customer_id = target.id));
