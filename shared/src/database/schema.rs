// @generated automatically by Diesel CLI.

diesel::table! {
    outbox (id) {
        id -> Binary,
        user_id -> Binary,
        version -> BigInt,
        created_at -> Timestamp,
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
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        created_at -> Timestamp,
        expires_at -> Timestamp,
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

diesel::joinable!(passwords -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(signing_key_secrets -> signing_keys (kid));
diesel::joinable!(user_roles -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    outbox,
    passwords,
    sessions,
    signing_key_secrets,
    signing_keys,
    user_roles,
    users,
);
