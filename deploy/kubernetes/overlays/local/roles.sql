-- Runs once, when the database is made: the role that owns it, and the one that verify-service reads with.
-- What that one may read, auth-service grants after its migrations (DATABASE_READER).
\set owner_password `cat /run/secrets/owner_password`
\set reader_password `cat /run/secrets/reader_password`
CREATE ROLE drawbridge LOGIN PASSWORD :'owner_password';
CREATE ROLE drawbridge_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE drawbridge_reader SET default_transaction_read_only = on;
ALTER DATABASE drawbridge OWNER TO drawbridge;
-- Beside the superuser only these two connect, and to this database alone.
REVOKE ALL ON DATABASE drawbridge, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE drawbridge TO drawbridge_reader;
-- Everybody may store large objects, and take the lock under which auth-service migrates, unless told otherwise.
DO $$
DECLARE
  function regprocedure;
BEGIN
  FOR function IN
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace
      AND (proname ~ '^pg_(try_)?advisory' OR proname ~ '^lo_' OR proname = 'lowrite')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge', function);
  END LOOP;
END
$$;
