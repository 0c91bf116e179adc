-- When a notice was brought to its state: one without an end goes a week after it was published. NULL of those before: as they
-- were written.
ALTER TABLE notices ADD COLUMN decided_at INTEGER;
