-- A post that addresses a city, in the inbox of its desk (src/domain/mention). The words are the post's own row, which may be on
-- no page at all; of a `pointer` that row says nothing but where the post is, and its author's no name.
-- `asked_at` is the post's own date. `since`, `by`: when the state was come to, and through whom; NULL: by itself.
-- `answered_at`, `answer_url`: of a public answer. `expires_at`: when it goes by its author's word.
-- `row` grows with arrival, and the newest items of a city have the greatest.
CREATE TABLE mentions (
    row INTEGER PRIMARY KEY,
    post INTEGER NOT NULL REFERENCES posts (row),
    city INTEGER NOT NULL REFERENCES cities (row),
    pointer INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    expires_at INTEGER,
    state TEXT NOT NULL,
    assignee TEXT,
    answered_at INTEGER,
    answer_url TEXT,
    since INTEGER NOT NULL,
    by TEXT,
    reopened_at INTEGER,
    UNIQUE (post, city)
);
CREATE INDEX mentions_by_city ON mentions (city, asked_at);
CREATE INDEX mentions_by_age ON mentions (received_at);
CREATE INDEX mentions_by_end ON mentions (expires_at) WHERE expires_at IS NOT NULL;
