-- Applications that sign users in through auth-service, each with its own key.
CREATE TABLE frontends (
    name TEXT PRIMARY KEY NOT NULL,
    audience TEXT, -- of the sessions that it starts; NULL: the deployment's
    address_header TEXT, -- in which its hosting platform sends the client's address
    created_at TIMESTAMP NOT NULL
);

-- The origin is the primary key, so it belongs to one frontend only.
CREATE TABLE frontend_origins (
    origin TEXT PRIMARY KEY NOT NULL, -- or a pattern such as https://*.preview.example.com
    frontend TEXT NOT NULL REFERENCES frontends (name) ON DELETE CASCADE,
    kind TEXT NOT NULL, -- site, development, pattern or preview
    expires_at TIMESTAMP -- of a preview
);

CREATE INDEX frontend_origins_by_frontend ON frontend_origins (frontend);

-- The audiences for which a frontend may exchange a session for an access token.
CREATE TABLE frontend_audiences (
    frontend TEXT NOT NULL REFERENCES frontends (name) ON DELETE CASCADE,
    audience TEXT NOT NULL,
    PRIMARY KEY (frontend, audience)
);

CREATE TABLE frontend_keys (
    id TEXT PRIMARY KEY NOT NULL,
    frontend TEXT NOT NULL REFERENCES frontends (name) ON DELETE CASCADE,
    kind TEXT NOT NULL, -- frontend or preview
    hash BLOB NOT NULL, -- SHA-256 of the whole key
    sealed BLOB NOT NULL, -- the whole key, under the master secret
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP -- set when another key replaces it
);

CREATE INDEX frontend_keys_by_frontend ON frontend_keys (frontend);

-- The nonces of used proofs, so that no proof of a change is accepted twice.
CREATE TABLE proof_nonces (
    nonce BLOB PRIMARY KEY NOT NULL,
    expires_at TIMESTAMP NOT NULL -- from then on, the proof is refused for its age
);

CREATE INDEX proof_nonces_by_expiry ON proof_nonces (expires_at);
