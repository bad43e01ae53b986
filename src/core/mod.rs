//! What a user is and how one is named, apart from any vendor's face and from storage.

pub mod address;
