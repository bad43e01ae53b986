//! Compression of short answers.
//!
//! The layer of `tower_http` prepares a compressor for each response, which takes longer than compressing a user with
//! it. Here each thread keeps one.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use flate2::{Compress, Compression, FlushCompress, Status};

/// Smallest response to compress, in bytes: about one network packet.
pub const COMPRESSED_FROM: usize = 1_400;
/// Sizes of answers that are compressed at once, in bytes: it takes less than a millisecond. The layer compresses longer
/// ones piece by piece.
pub const AT_ONCE: RangeInclusive<usize> = COMPRESSED_FROM..=64 << 10;

/// Base 2 logarithm of the window's size: the largest.
const WINDOW_BITS: u8 = 15;
/// Bytes by which the output grows if it is too small, as for what cannot be compressed.
const MORE: usize = 1 << 10;

thread_local! {
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new_gzip(Compression::fast(), WINDOW_BITS));
}

/// `bytes` in gzip format (RFC 1952); `None` if that fails, which is a defect.
pub fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut output = Vec::with_capacity(bytes.len() / 2 + MORE);
        loop {
            let taken = usize::try_from(compressor.total_in()).ok()?;
            let rest = bytes.get(taken..)?;
            match compressor.compress_vec(rest, &mut output, FlushCompress::Finish).ok()? {
                Status::StreamEnd => return Some(output),
                Status::Ok | Status::BufError => output.reserve(MORE),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn decompressed(bytes: &[u8]) -> Vec<u8> {
        let (mut decoder, mut output) = (GzDecoder::new(bytes), Vec::new());
        decoder.read_to_end(&mut output).unwrap();
        output
    }

    #[test]
    fn json_becomes_shorter() {
        let json = br#"{"userId":"6229ffa0000000000000a001","status":"Activated"},"#.repeat(40);
        let output = compressed(&json).unwrap();
        assert!(output.len() < json.len() / 10, "{}", output.len());
        assert_eq!(decompressed(&output), json);
    }

    proptest! {
        /// Whatever the thread compressed before.
        #[test]
        fn what_was_compressed_reads_back_the_same(texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5_000), 1..4)) {
            for text in texts {
                prop_assert_eq!(decompressed(&compressed(&text).unwrap()), text);
            }
        }
    }
}
