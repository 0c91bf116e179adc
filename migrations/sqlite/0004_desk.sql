-- The town hall's desk (src/domain/staff.rs, src/domain/audit.rs).

-- `password` is a hash (`$argon2id$…`). `second`: the secret of the second factor; `second_step`: the last of its steps that
-- was used.
CREATE TABLE staff (
    row INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    second BLOB,
    second_step INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE staff_roles (
    staff INTEGER NOT NULL REFERENCES staff (row),
    city TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (staff, city, role)
) WITHOUT ROWID;

-- `session` is a hash of what the browser holds. `is_whole`: a second factor was given where one is needed.
CREATE TABLE staff_sessions (
    session BLOB PRIMARY KEY,
    staff INTEGER NOT NULL REFERENCES staff (row),
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    is_whole INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff);

-- Numbers are contiguous from 1 in each city; `mac` covers the line and the one before it, with a key that is not here.
CREATE TABLE audit (
    city TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (city, number)
) WITHOUT ROWID;
