-- Runs once, when the database is made: the role that owns it, and the one that verify-service reads with.
-- What that one may read, auth-service grants after its migrations (DATABASE_READER).
\set owner_password `cat /run/secrets/owner_password`
\set reader_password `cat /run/secrets/reader_password`
CREATE ROLE drawbridge LOGIN PASSWORD :'owner_password';
CREATE ROLE drawbridge_reader LOGIN PASSWORD :'reader_password';
ALTER DATABASE drawbridge OWNER TO drawbridge;
-- Beside the superuser only these two connect.
REVOKE ALL ON DATABASE drawbridge FROM PUBLIC;
GRANT CONNECT ON DATABASE drawbridge TO drawbridge_reader;
