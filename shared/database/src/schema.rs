// @generated automatically by Diesel CLI.

diesel::table! {
    audit_events (id) {
        id -> Binary,
        at -> Timestamp,
        kind -> Text,
        user_id -> Nullable<Binary>,
        actor -> Text,
        address -> Text,
        user_agent -> Text,
        session_id -> Nullable<Binary>,
        request_id -> Text,
        detail -> Text,
    }
}

diesel::table! {
    ceremonies (id) {
        id -> Binary,
        user_id -> Nullable<Binary>,
        state -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    frontend_audiences (frontend, audience) {
        frontend -> Text,
        audience -> Text,
    }
}

diesel::table! {
    frontend_keys (id) {
        id -> Text,
        frontend -> Text,
        kind -> Text,
        hash -> Binary,
        sealed -> Binary,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    frontend_origins (origin) {
        origin -> Text,
        frontend -> Text,
        kind -> Text,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    frontends (name) {
        name -> Text,
        audience -> Nullable<Text>,
        address_header -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    links (hash) {
        hash -> Binary,
        kind -> Text,
        user_id -> Nullable<Binary>,
        sealed -> Binary,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    mail_jobs (id) {
        id -> Binary,
        sealed -> Binary,
        due_at -> Timestamp,
        attempts -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> Binary,
        user_id -> Binary,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Binary,
        user_id -> Binary,
        name -> Text,
        credential -> Text,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    passwords (user_id) {
        user_id -> Binary,
        hash -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    proof_nonces (nonce) {
        nonce -> Binary,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (user_id, hash) {
        user_id -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    session_details (session_id) {
        session_id -> Binary,
        address -> Text,
        user_agent -> Text,
        last_seen_at -> Nullable<Timestamp>,
        confirmed_at -> Timestamp,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        second_factor -> Bool,
    }
}

diesel::table! {
    signing_key_secrets (kid) {
        kid -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        public_jwk -> Text,
        created_at -> Timestamp,
        active_from -> Timestamp,
        token_seconds -> BigInt,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    totp_secrets (user_id) {
        user_id -> Binary,
        sealed -> Binary,
        last_step -> BigInt,
        created_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    user_roles (user_id, role) {
        user_id -> Binary,
        role -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        email_key -> Text,
        email_verified -> Bool,
        disabled -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::joinable!(ceremonies -> users (user_id));
diesel::joinable!(frontend_audiences -> frontends (frontend));
diesel::joinable!(frontend_keys -> frontends (frontend));
diesel::joinable!(frontend_origins -> frontends (frontend));
diesel::joinable!(links -> users (user_id));
diesel::joinable!(passkeys -> users (user_id));
diesel::joinable!(passwords -> users (user_id));
diesel::joinable!(recovery_codes -> users (user_id));
diesel::joinable!(session_details -> sessions (session_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(signing_key_secrets -> signing_keys (kid));
diesel::joinable!(totp_secrets -> users (user_id));
diesel::joinable!(user_roles -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    audit_events,
    ceremonies,
    frontend_audiences,
    frontend_keys,
    frontend_origins,
    frontends,
    links,
    mail_jobs,
    outbox,
    passkeys,
    passwords,
    proof_nonces,
    recovery_codes,
    session_details,
    sessions,
    signing_key_secrets,
    signing_keys,
    totp_secrets,
    user_roles,
    users,
);
