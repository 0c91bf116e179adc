use super::{CityId, Epoch, Offset};

/// A reader's position in a city's feed log. Outside it is an opaque URL-safe token; filters are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Ties the token to its city, so that one carried to another city is not recovered.
    pub city: u32,
    pub epoch: Epoch,
    pub offset: Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this server: take the `cursor` of a page of posts or of a live message as it stands")]
pub struct CursorError;

impl Cursor {
    const VERSION: u8 = 1;
    const BYTES: usize = 21;

    pub fn new(city: &CityId, epoch: Epoch, offset: Offset) -> Self {
        Self { city: Self::city_mark(city), epoch, offset }
    }

    /// The first four bytes of BLAKE3 over the slug.
    pub fn city_mark(city: &CityId) -> u32 {
        let hash = blake3::hash(city.as_str().as_bytes());
        let mut mark = [0; 4];
        mark.copy_from_slice(hash.as_bytes().first_chunk::<4>().unwrap_or(&[0; 4]));
        u32::from_le_bytes(mark)
    }

    /// 28 characters of URL-safe base 64.
    pub fn token(self) -> String {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.push(Self::VERSION);
        bytes.extend_from_slice(&self.city.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.0.to_le_bytes());
        bytes.extend_from_slice(&self.offset.0.to_le_bytes());
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    pub fn parse(token: &str) -> Result<Self, CursorError> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).or(Err(CursorError))?;
        let (version, rest) = bytes.split_first().ok_or(CursorError)?;
        let (city, rest) = rest.split_first_chunk::<4>().ok_or(CursorError)?;
        let (epoch, rest) = rest.split_first_chunk::<8>().ok_or(CursorError)?;
        let offset: [u8; 8] = rest.try_into().or(Err(CursorError))?;
        if *version != Self::VERSION {
            return Err(CursorError);
        }
        Ok(Self {
            city: u32::from_le_bytes(*city),
            epoch: Epoch(u64::from_le_bytes(*epoch)),
            offset: Offset(u64::from_le_bytes(offset)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn w1_tokens_round_trip(epoch: u64, offset: u64) {
            let cursor = Cursor::new(&CityId::new("nantes"), Epoch(epoch), Offset(offset));
            prop_assert_eq!(Cursor::parse(&cursor.token()), Ok(cursor));
        }

        #[test]
        fn anything_else_is_refused_without_panic(token in "\\PC{0,64}") {
            if let Ok(cursor) = Cursor::parse(&token) {
                prop_assert_eq!(cursor.token(), token);
            }
        }
    }
}
