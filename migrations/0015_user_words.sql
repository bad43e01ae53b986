-- Words by which operators find users whom they cannot name exactly. Whoever writes users writes none: a search first brings
-- its tenant's up to date by the feed of changes, and a trigger deletes those of a user who is deleted. Row level security:
-- src/store/sql/policies.sql.

CREATE TABLE user_word (
    -- No foreign key, as in "user": triggers empty both tables with the directory.
    tenant_id uuid NOT NULL,
    ordinal   bigint NOT NULL,
    -- A text from the beginning of one of its words on, in one case and cut off; see core::user. Empty for a user whose
    -- words are still to be read, since a transaction that has not ended deletes the user.
    word      text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, ordinal, word)
);

-- As in "user", what is read by words and what is read by users are told apart by the index alone: only a condition on the
-- range of ordinals opens this one, and no look-up by a user can walk the words.
CREATE UNIQUE INDEX user_word_by_word ON user_word (tenant_id, word, ordinal) WHERE ordinal >= 0;

-- The position in a tenant's feed up to which its words are there: the columns of the function user_changes. Locked by the
-- search that brings them up to date.
CREATE TABLE user_word_state (
    tenant_id  uuid PRIMARY KEY,
    generation bigint NOT NULL,
    step       smallint NOT NULL,
    ordinal    bigint NOT NULL,
    listed_to  bigint NOT NULL
);
