//! What several tests share.

pub mod city;
pub mod gazetteer;
pub mod hostile;
pub mod network;
pub mod nginx;
pub mod reader;
pub mod scene;
pub mod server;
