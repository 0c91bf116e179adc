//! (composition root; to be written at integration)
