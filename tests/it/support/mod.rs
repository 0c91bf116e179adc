//! What several tests share.

pub mod city;
