//! Numbered, optional fields: how everything is encoded that has to be readable for ever.
//!
//! ```text
//! fields = field …        field = number (varint), length (varint), value of that many bytes
//! ```
//! A value is a text in UTF-8, bytes, fields again, or an integer: little-endian without its highest zero bytes, signed ones in
//! zigzag. What is several has its field several times. What is absent is not there. A reader passes over numbers that it does
//! not know: a later version wrote them. Varints are LEB128. The form is that of Protocol Buffers without its wire types.

/// Bytes that are not fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an entry: {0}")]
pub struct Malformed(pub String);

fn malformed(what: &str) -> Malformed {
    Malformed(what.to_owned())
}

/// Writes fields.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// A value as it is.
    pub fn bytes(&mut self, number: u16, value: &[u8]) {
        varint(&mut self.0, u64::from(number));
        varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// A text, if there is one.
    pub fn text(&mut self, number: u16, value: Option<&str>) {
        if let Some(value) = value {
            self.bytes(number, value.as_bytes());
        }
    }

    /// Texts, in order.
    pub fn texts<'a>(&mut self, number: u16, values: impl IntoIterator<Item = &'a String>) {
        values.into_iter().for_each(|value| self.bytes(number, value.as_bytes()));
    }

    /// A number.
    pub fn uint(&mut self, number: u16, value: u64) {
        let bytes = value.to_le_bytes();
        self.bytes(number, &bytes[..8 - value.leading_zeros() as usize / 8]);
    }

    /// A number that may be negative.
    pub fn int(&mut self, number: u16, value: i64) {
        self.uint(number, (value << 1 ^ value >> 63).cast_unsigned());
    }

    /// What is true; what is not is left out.
    pub fn flag(&mut self, number: u16, value: bool) {
        if value {
            self.uint(number, 1);
        }
    }

    /// Fields inside a field.
    pub fn fields(&mut self, number: u16, value: impl FnOnce(&mut Writer)) {
        varint(&mut self.0, u64::from(number));
        let start = self.0.len();
        // Most are so short that their length is one byte.
        self.0.push(0);
        value(self);
        let length = self.0.len() - start - 1;
        if length < 0x80 {
            self.0[start] = length as u8;
        } else {
            let mut prefix = Vec::new();
            varint(&mut prefix, length as u64);
            self.0.splice(start..=start, prefix);
        }
    }

    /// Forgets what was written, but not the memory that it took.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The bytes so far.
    pub fn written(&self) -> &[u8] {
        &self.0
    }
}

/// A field as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Which one.
    pub number: u64,
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value as a text.
    pub fn text(&self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.value).map_err(|e| Malformed(format!("field {}: {e}", self.number)))
    }

    /// The value as a text of its own.
    pub fn string(&self) -> Result<String, Malformed> {
        self.text().map(str::to_owned)
    }

    /// The value as a number.
    pub fn uint(&self) -> Result<u64, Malformed> {
        let mut bytes = [0; 8];
        let low = bytes.get_mut(..self.value.len());
        low.ok_or_else(|| Malformed(format!("field {}: a longer number", self.number)))?
            .copy_from_slice(self.value);
        Ok(u64::from_le_bytes(bytes))
    }

    /// The value as a number that may be negative.
    pub fn int(&self) -> Result<i64, Malformed> {
        let value = self.uint()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    /// The value as so many bytes.
    pub fn array<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        self.value.try_into().map_err(|_| Malformed(format!("field {}: not {N} bytes", self.number)))
    }
}

/// Reads fields, in the order in which they stand.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = |bytes: &'a [u8]| {
            let (number, rest) = read_varint(bytes)?;
            let (length, rest) = read_varint(rest)?;
            let length = usize::try_from(length).ok()?;
            let (value, rest) = rest.split_at_checked(length)?;
            Some((Field { number, value }, rest))
        };
        Some(match read(self.0) {
            Some((field, rest)) => {
                self.0 = rest;
                Ok(field)
            }
            None => {
                self.0 = &[];
                Err(malformed("a field is cut short"))
            }
        })
    }
}

/// The same fields with other values for those of this number; all others stay byte for byte.
pub fn replaced(bytes: &[u8], number: u16, value: &dyn Fn(u64) -> u64) -> Result<Vec<u8>, Malformed> {
    let mut writer = Writer::default();
    let mut reader = Reader::new(bytes);
    loop {
        let before = reader.0;
        let Some(field) = reader.next() else { return Ok(writer.finish()) };
        let field = field?;
        if field.number == u64::from(number) {
            writer.uint(number, value(field.uint()?));
        } else {
            writer.0.extend_from_slice(&before[..before.len() - reader.0.len()]);
        }
    }
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_bytes() {
        let mut writer = Writer::default();
        writer.uint(1, 300);
        writer.text(2, Some("дощ"));
        writer.text(3, None);
        writer.int(4, -2);
        writer.flag(5, true);
        writer.flag(6, false);
        writer.fields(200, |inner| inner.uint(1, 0));
        let bytes = writer.finish();
        let golden: &[u8] =
            &[1, 2, 0x2c, 1, 2, 6, 0xd0, 0xb4, 0xd0, 0xbe, 0xd1, 0x89, 4, 1, 3, 5, 1, 1, 0xc8, 1, 2, 1, 0];
        assert_eq!(bytes, golden);
    }

    #[test]
    fn cut_fields_are_malformed() {
        let mut writer = Writer::default();
        writer.text(1, Some("rain"));
        let bytes = writer.finish();
        for length in 1..bytes.len() {
            assert!(Reader::new(&bytes[..length]).any(|field| field.is_err()), "{length}");
        }
        assert!(Field { number: 1, value: &[0; 9] }.uint().is_err());
        assert!(Field { number: 1, value: &[0xff] }.text().is_err());
    }

    proptest! {
        #[test]
        fn numbers_round_trip(number: u16, unsigned: u64, signed: i64) {
            let mut writer = Writer::default();
            writer.uint(number, unsigned);
            writer.int(number, signed);
            let bytes = writer.finish();
            let fields: Vec<Field<'_>> = Reader::new(&bytes).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(fields[0].number, u64::from(number));
            prop_assert_eq!(fields[0].uint(), Ok(unsigned));
            prop_assert_eq!(fields[1].int(), Ok(signed));
        }

        #[test]
        fn fields_are_inside_of_fields(number: u16, inner: Vec<u8>, after: u64) {
            let mut writer = Writer::default();
            writer.fields(number, |writer| writer.bytes(1, &inner));
            writer.uint(2, after);
            let bytes = writer.finish();
            let fields: Vec<Field<'_>> = Reader::new(&bytes).collect::<Result<_, _>>().unwrap();
            let inside: Vec<Field<'_>> = Reader::new(fields[0].value).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!((inside[0].value, fields[1].uint()), (&*inner, Ok(after)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            Reader::new(&bytes).for_each(drop);
        }

        #[test]
        fn what_is_not_replaced_stays(value: u64, other: Vec<u8>) {
            let mut writer = Writer::default();
            writer.bytes(9, &other);
            writer.uint(1, 7);
            writer.bytes(4711, &other);
            writer.uint(1, 8);
            let bytes = replaced(&writer.finish(), 1, &|old| if old == 7 { value } else { old }).unwrap();
            let fields: Vec<Field<'_>> = Reader::new(&bytes).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!((fields[0].value, fields[2].value), (&*other, &*other));
            prop_assert_eq!((fields[1].uint(), fields[3].uint()), (Ok(value), Ok(8)));
        }
    }
}
