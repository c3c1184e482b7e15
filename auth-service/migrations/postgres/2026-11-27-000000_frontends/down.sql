DROP TABLE proof_nonces;
DROP TABLE frontend_keys;
DROP TABLE frontend_audiences;
DROP TABLE frontend_origins;
DROP TABLE frontends;
