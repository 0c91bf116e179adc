//! Tokens that readers give back: cursors, also as `Last-Event-ID`, and the ids of posts.

use parvis::domain::{Cursor, PostId};

pub fn run(data: &[u8]) {
    let Ok(token) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = Cursor::parse(token) {
        assert_eq!(cursor.token(), token, "one position has one token");
        assert_eq!(token.len(), 28);
    }
    if let Some(id) = PostId::parse(token) {
        assert_eq!(id.token(), token.to_ascii_lowercase());
        assert_eq!(PostId::parse(&id.token()), Some(id));
    }
}
