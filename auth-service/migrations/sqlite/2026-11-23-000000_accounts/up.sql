-- Identifiers are 16-byte UUIDs of version 7, times are UTC in microseconds.

CREATE TABLE users (
    id BLOB PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE, -- the address in lower case: one account per address
    email_verified BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    version BIGINT NOT NULL, -- counts the changes of what verification sees
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE user_roles (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
);

-- Apart from users, so that a role that verifies needs no right to read it.
CREATE TABLE passwords (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL -- by the person; making the hash stronger leaves it
);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

-- Changes that the cache has not been told of. No reference to users: a deletion is told, too.
CREATE TABLE outbox (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    active_from TIMESTAMP NOT NULL, -- signs from here on, published from its creation
    token_seconds BIGINT NOT NULL, -- the longest life that its tokens may have
    expires_at TIMESTAMP -- set once a newer key takes over: the end of its last token
);

-- Apart from signing_keys, so that a role that verifies needs no right to read it.
CREATE TABLE signing_key_secrets (
    kid TEXT PRIMARY KEY NOT NULL REFERENCES signing_keys (kid) ON DELETE CASCADE,
    sealed BLOB NOT NULL
);
