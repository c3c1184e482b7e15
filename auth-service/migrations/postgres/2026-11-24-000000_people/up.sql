-- What a person sees of their sessions. Apart from sessions, so that a role that verifies needs no right to read it, and
-- so that being seen is no change of what verification sees.
CREATE TABLE session_details (
    session_id BYTEA PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL, -- at most 256 characters of it
    last_seen_at TIMESTAMP, -- at most once a minute
    confirmed_at TIMESTAMP NOT NULL -- when the person last showed in this session who they are
);

CREATE TABLE totp_secrets (
    user_id BYTEA PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sealed BYTEA NOT NULL, -- under the master secret
    last_step BIGINT NOT NULL, -- the time step of the last code that was taken: each code once
    created_at TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP -- until then it protects nothing
);

CREATE TABLE recovery_codes (
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash BYTEA NOT NULL, -- HMAC-SHA-256 under the master secret
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
    id BYTEA PRIMARY KEY, -- the credential's id
    user_id BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential TEXT NOT NULL, -- public key, counter and the like, as JSON
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP
);

CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- Challenges of WebAuthn that wait for their answer.
CREATE TABLE ceremonies (
    id BYTEA PRIMARY KEY,
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL, -- as JSON
    expires_at TIMESTAMP NOT NULL
);

-- Mails that wait to be written and sent.
CREATE TABLE mail_jobs (
    id BYTEA PRIMARY KEY,
    sealed BYTEA NOT NULL, -- what and to whom, under the master secret
    due_at TIMESTAMP NOT NULL,
    attempts BIGINT NOT NULL
);

CREATE INDEX mail_jobs_by_due ON mail_jobs (due_at);

-- Links in mails that have not been used.
CREATE TABLE links (
    hash BYTEA PRIMARY KEY, -- SHA-256 of the link's token
    kind TEXT NOT NULL,
    user_id BYTEA REFERENCES users (id) ON DELETE CASCADE,
    sealed BYTEA NOT NULL, -- what it does, under the master secret
    expires_at TIMESTAMP NOT NULL
);

CREATE INDEX links_by_user ON links (user_id);

-- What happened to accounts. No reference to users: that an account was deleted stays.
CREATE TABLE audit_events (
    id BYTEA PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    user_id BYTEA,
    actor TEXT NOT NULL, -- person, operator or system
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    session_id BYTEA,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_events_by_user ON audit_events (user_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit events are never changed'; END $$;

CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
