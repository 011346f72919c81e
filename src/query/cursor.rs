//! The place after a hit, as one word.

use super::Order;
use crate::model::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Where a page of hits ended: the next one goes on after it. Printed as one word; in the order of seq, as that number.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The order that it is a place in.
    pub order: Order,
    /// The date of the last hit.
    pub at: Option<Timestamp>,
    /// The first bytes of its digest.
    pub digest: [u8; 5],
    /// The number of its capture.
    pub seq: u64,
    /// The bits of its score.
    pub score: u32,
    /// The name of its source.
    pub source: String,
}

const ORDERS: [(&str, Order); 4] =
    [("new", Order::Newest), ("old", Order::Oldest), ("src", Order::Source), ("rel", Order::Relevance)];

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.order == Order::Arrival {
            return self.seq.fmt(f);
        }
        let order = ORDERS.iter().find(|(_, order)| *order == self.order).map_or("", |(name, _)| name);
        let at = self.at.map_or("none".to_owned(), |at| at.0.to_string());
        let digest: String = self.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(f, "{order}_{at}_{digest}_{}_{:x}_{}", self.seq, self.score, self.source)
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Cursor, BadCursor> {
        if let Ok(seq) = text.parse() {
            let (at, digest, score, source) = (None, [0; 5], 0, String::new());
            return Ok(Cursor { order: Order::Arrival, at, digest, seq, score, source });
        }
        let mut parts = text.splitn(6, '_');
        let mut part = || parts.next().ok_or(BadCursor);
        let name = part()?;
        let order = ORDERS.iter().find(|(known, _)| *known == name).ok_or(BadCursor)?.1;
        let at = match part()? {
            "none" => None,
            at => Some(Timestamp(at.parse().map_err(|_| BadCursor)?)),
        };
        let hex = part()?;
        let mut digest = [0; 5];
        if hex.len() != 10 || !hex.is_ascii() {
            return Err(BadCursor);
        }
        for (at, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).map_err(|_| BadCursor)?;
        }
        let seq = part()?.parse().map_err(|_| BadCursor)?;
        let score = u32::from_str_radix(part()?, 16).map_err(|_| BadCursor)?;
        Ok(Cursor { order, at, digest, seq, score, source: part()?.to_owned() })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cursor, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A text that is no place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCursor;

impl fmt::Display for BadCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not a place in a list")
    }
}

impl std::error::Error for BadCursor {}
