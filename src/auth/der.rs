//! The little of DER (X.690) that leads to a key in a certificate: elements of known kinds, one after another.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, explicit and constructed: a certificate's version.
pub(super) const VERSION: u8 = 0xa0;

/// Elements that are still to be read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// Content of the one element of kind `tag` that `der` is.
    pub(super) fn whole(der: &'a [u8], tag: u8) -> Option<&'a [u8]> {
        let mut reader = Self(der);
        let content = reader.take(tag)?;
        reader.0.is_empty().then_some(content)
    }

    /// Whether the next element is of kind `tag`.
    pub(super) fn is_next(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Content of the next element, if it is of kind `tag`.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let rest = self.0.strip_prefix(&[tag])?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}

/// A length (X.690, section 8.1.3) of at most four bytes, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
    let length = bytes
        .iter()
        .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)));
    Some((length?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_one_after_another() {
        let long = [&[BIT_STRING, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        let both = [&[INTEGER, 0x01, 0x05][..], &long].concat();
        let mut reader = Reader(&both);
        assert_eq!(reader.take(SEQUENCE), None);
        assert_eq!(reader.take(INTEGER), Some(&[5][..]));
        assert!(reader.is_next(BIT_STRING));
        assert_eq!(reader.take(BIT_STRING), Some(&[7; 256][..]));
        assert_eq!(reader.take(INTEGER), None);
    }

    #[test]
    fn what_is_cut_off_or_follows_is_refused() {
        assert_eq!(Reader::whole(&[INTEGER, 0x02, 0x05], INTEGER), None);
        assert_eq!(Reader::whole(&[INTEGER, 0x01, 0x05, 0x00], INTEGER), None);
        assert_eq!(Reader::whole(&[INTEGER, 0x80, 0x00], INTEGER), None);
        assert_eq!(Reader::whole(&[INTEGER, 0x85, 0, 0, 0, 0, 1, 5], INTEGER), None);
    }
}
