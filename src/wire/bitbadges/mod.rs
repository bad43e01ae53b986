//! BitBadges's JSON.
