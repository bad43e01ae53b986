//! Rows in the binary format of COPY (PostgreSQL manual, "COPY", Binary Format).

/// The start of a stream: signature, flags, and length of the header extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The end of a stream.
pub(super) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Rows to be copied. Each begins with [`Self::row`], followed by as many values as announced there.
#[derive(Debug, Default)]
pub(super) struct CopyBuffer(Vec<u8>);

impl CopyBuffer {
    pub(super) fn row(&mut self, values: i16) -> &mut Self {
        self.0.extend_from_slice(&values.to_be_bytes());
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        // A value is part of a record, whose maximum size is far below 2 GiB.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    pub(super) fn int8(&mut self, value: i64) -> &mut Self {
        self.0.extend_from_slice(&8_i32.to_be_bytes());
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn int2(&mut self, value: i16) -> &mut Self {
        self.0.extend_from_slice(&2_i32.to_be_bytes());
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn boolean(&mut self, value: bool) -> &mut Self {
        self.0.extend_from_slice(&1_i32.to_be_bytes());
        self.0.push(u8::from(value));
        self
    }

    pub(super) fn maybe_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
