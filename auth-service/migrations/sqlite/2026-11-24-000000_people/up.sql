-- What a person sees of their sessions. Apart from sessions, so that a role that verifies needs no right to read it, and
-- so that being seen is no change of what verification sees.
CREATE TABLE session_details (
    session_id BLOB PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL, -- at most 256 characters of it
    last_seen_at TIMESTAMP, -- at most once a minute
    confirmed_at TIMESTAMP NOT NULL -- when the person last showed in this session who they are
);

CREATE TABLE totp_secrets (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL, -- under the master secret
    last_step BIGINT NOT NULL, -- the time step of the last code that was taken: each code once
    created_at TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP -- until then it protects nothing
);

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash BLOB NOT NULL, -- HMAC-SHA-256 under the master secret
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
    id BLOB PRIMARY KEY NOT NULL, -- the credential's id
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential TEXT NOT NULL, -- public key, counter and the like, as JSON
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP
);

CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- Challenges of WebAuthn that wait for their answer.
CREATE TABLE ceremonies (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL, -- as JSON
    expires_at TIMESTAMP NOT NULL
);

-- Mails that wait to be written and sent.
CREATE TABLE mail_jobs (
    id BLOB PRIMARY KEY NOT NULL,
    sealed BLOB NOT NULL, -- what and to whom, under the master secret
    due_at TIMESTAMP NOT NULL,
    attempts BIGINT NOT NULL
);

CREATE INDEX mail_jobs_by_due ON mail_jobs (due_at);

-- Links in mails that have not been used.
CREATE TABLE links (
    hash BLOB PRIMARY KEY NOT NULL, -- SHA-256 of the link's token
    kind TEXT NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL, -- what it does, under the master secret
    expires_at TIMESTAMP NOT NULL
);

CREATE INDEX links_by_user ON links (user_id);

-- What happened to accounts. No reference to users: that an account was deleted stays.
CREATE TABLE audit_events (
    id BLOB PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    user_id BLOB,
    actor TEXT NOT NULL, -- person, operator or system
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    session_id BLOB,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_events_by_user ON audit_events (user_id, id);

CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
