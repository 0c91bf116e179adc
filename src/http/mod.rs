//! The outside of the server. (The routes and the JSON shapes are written beside this module.)

pub mod page;
