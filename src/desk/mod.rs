//! How somebody proves who they are at a town hall's desk, and how a browser goes on being them.
//!
//! Owns passwords, the second factor, the tokens of sessions and forms, and how often somebody may try. Does not own the
//! accounts (`domain::staff`, `store`), nor pages (`http::desk`). Invariant: time and randomness are passed in, and no secret
//! can be printed.

mod password;
mod second_factor;
mod throttle;
mod token;

pub use password::{PASSWORD_CHARS_MIN, PasswordFault, Passwords, check_new, generated, hash};
#[cfg(test)]
pub use second_factor::code_at;
pub use second_factor::{CODE_DIGITS, enrolment_uri, step_of};
pub use throttle::{Throttle, Tried};
pub use token::{FormKey, SessionToken};
