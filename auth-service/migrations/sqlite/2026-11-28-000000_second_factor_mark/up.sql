-- True if the user has proved a second factor in the session. Sessions from before this migration have to prove one
-- again where one is demanded.
ALTER TABLE sessions ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT FALSE;
