-- Runs once, when the database is created. Creates the role that owns it and the role that verify-service reads with.
-- After its migrations, auth-service grants the second role what it needs to read (DATABASE_READER).
\set owner_password `cat /run/secrets/owner_password`
\set reader_password `cat /run/secrets/reader_password`
CREATE ROLE drawbridge LOGIN PASSWORD :'owner_password';
CREATE ROLE drawbridge_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE drawbridge_reader SET default_transaction_read_only = on;
ALTER DATABASE drawbridge OWNER TO drawbridge;
-- Apart from the superuser, only these two roles can connect, and only to this database.
REVOKE ALL ON DATABASE drawbridge, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE drawbridge TO drawbridge_reader;
-- By default, every role can store large objects and take the advisory lock that auth-service holds while it migrates.
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
