DROP TABLE audit_events;
DROP TABLE links;
DROP TABLE mail_jobs;
DROP TABLE ceremonies;
DROP TABLE passkeys;
DROP TABLE recovery_codes;
DROP TABLE totp_secrets;
DROP TABLE session_details;
