DROP TABLE signing_key_secrets;
DROP TABLE signing_keys;
DROP TABLE outbox;
DROP TABLE sessions;
DROP TABLE passwords;
DROP TABLE user_roles;
DROP TABLE users;
