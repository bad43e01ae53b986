-- Privileges of the serving role: to read the rows visible under row security and to call the functions below, which
-- only it and the owner may call. All privileges are revoked first, including manual grants and those of earlier
-- releases.

REVOKE ALL ON schema_state, access_generation, customer, tenant, credential, credential_secret, credential_customer,
    credential_use, used_nonce, audit, directory, directory_change, "user", user_key, user_shared_key, user_count,
    user_change, user_change_trim, user_word, user_word_state, holding, transfer, transfer_party, announcement, review,
    audience, department, erasure_key, erased_key
    FROM PUBLIC, userbatch_serving;

REVOKE ALL ON FUNCTION bound_tenant(), written_at(), lock_directory(uuid), is_whole_dump(), usable(credential), may_touch(credential, customer),
    narrow_credentials(), refuse_moving_users(), refuse_rewriting_audit(),
    erase_from_audit(text, text[], text), count_added_users(), count_removed_users(),
    move_directory(uuid), note_changes(), move_access(),
    trim_user_changes(uuid), note_users(), forget_user_changes(), forget_user_words(), feed_head(uuid),
    users_noted(uuid, bigint, bigint, bigint, bigint), user_changes(uuid, bigint, smallint, bigint, bigint, bigint),
    caller_by_digest(text, bytea), caller_by_public_id(text, text), caller_by_id(text, uuid, text, text),
    use_nonces(uuid[], text[], timestamptz[]), add_credential_uses(uuid[], bigint[], timestamptz[]),
    customer_window(uuid, text[], bigint, integer), may_be_read_by(uuid, text), cors_origin_listed(text),
    revalidate(uuid[], bigint[], integer), revalidation(uuid[], bigint[], bigint, bigint, integer),
    users_by_keys(uuid, smallint[], text[], integer), user_page(uuid, bigint, integer),
    user_page_of(uuid, text[], bigint, integer),
    transfer_pages(uuid, jsonb), announcement_pages(uuid, jsonb), review_pages(uuid, jsonb), holding_pages(uuid, jsonb)
    FROM PUBLIC, userbatch_serving;

GRANT SELECT ON schema_state, access_generation, directory, directory_change, "user", user_key, user_shared_key,
    user_count, holding, transfer, transfer_party, announcement, review, audience
    TO userbatch_serving;

GRANT EXECUTE ON FUNCTION bound_tenant(),
    caller_by_digest(text, bytea), caller_by_public_id(text, text), caller_by_id(text, uuid, text, text),
    use_nonces(uuid[], text[], timestamptz[]), add_credential_uses(uuid[], bigint[], timestamptz[]),
    customer_window(uuid, text[], bigint, integer), may_be_read_by(uuid, text), cors_origin_listed(text),
    revalidate(uuid[], bigint[], integer), revalidation(uuid[], bigint[], bigint, bigint, integer),
    users_by_keys(uuid, smallint[], text[], integer), user_page(uuid, bigint, integer),
    user_page_of(uuid, text[], bigint, integer),
    transfer_pages(uuid, jsonb), announcement_pages(uuid, jsonb), review_pages(uuid, jsonb), holding_pages(uuid, jsonb)
    TO userbatch_serving;
