//! Entity tags (RFC 7644, section 3.14; RFC 9110, section 8.8.3): which versions `If-Match` and `If-None-Match`
//! name.

/// Whether the value of such a header names the version: it is `*`, or one of its tags is the version's, compared
/// weakly. A tag without its quotes is one, too.
#[must_use]
pub fn names_version(header: &str, version: &str) -> bool {
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let tag = rest.strip_prefix("W/").unwrap_or(rest);
        let (text, after) = match tag.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => tag.split_once(',').map_or((tag, ""), |(text, after)| (text.trim_end(), after)),
        };
        if text == version || tag.trim_end() == "*" {
            return true;
        }
        rest = after.trim_start_matches([',', ' ', '\t']);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_is_named_by_any_tag_of_a_list() {
        for header in
            ["W/\"7\"", "\"7\"", "*", " * ", "7", "W/\"1\", W/\"7\"", "\"a,b\",\"7\"", "1, 7", "W/7"]
        {
            assert!(names_version(header, "7"), "{header}");
        }
        for header in ["", "W/\"1\"", "\"17\"", "\"*\"", "\"a,7\"", "\"", "W/", ", ,", "w/\"7\""] {
            assert!(!names_version(header, "7"), "{header}");
        }
    }

    proptest! {
        #[test]
        fn the_tag_that_was_shown_names_its_version(version in "[a-z0-9.-]{1,12}", other in "[a-z0-9.-]{1,12}") {
            let header = format!("W/\"{other}\", W/\"{version}\"");
            prop_assert!(names_version(&header, &version));
            prop_assert_eq!(names_version(&format!("W/\"{version}\""), &other), version == other);
        }

        #[test]
        fn no_header_makes_it_hang(header in "[W/\", a*]{0,40}") {
            let _ = names_version(&header, "a");
        }
    }
}
