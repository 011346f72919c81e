//! The index on disk: its fields, how far it has come, and what tantivy says when something is wrong.

use super::analysis::Analyzer;
use crate::bytes::panics;
use crate::model::error::system_error;
use crate::model::{Error, Result};
use std::path::Path;
use tantivy::directory::MmapDirectory;
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexSettings};

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Payload {
    /// What made the tokens.
    pub version: String,
    /// Which archive's it is.
    pub archive: uuid::Uuid,
    /// The first article that is not in it.
    pub next_article: u64,
    /// The hash of the entry before that one.
    pub last: String,
    /// What it was told of the languages of articles, as [`Articles::languages_said`](crate::derived::Articles::languages_said) has it.
    #[serde(default)]
    pub languages_said: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub article: Field,
    pub digest: Field,
    pub language: Field,
    pub headline: Field,
    pub body: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = |option| TextFieldIndexing::default().set_tokenizer("words").set_index_option(option);
    let words =
        TextOptions::default().set_indexing_options(indexing(IndexRecordOption::WithFreqsAndPositions));
    let raw = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let fields = Fields {
        article: builder.add_u64_field("article", FAST),
        digest: builder.add_u64_field("digest", FAST),
        language: builder.add_text_field("language", TextOptions::default().set_indexing_options(raw)),
        headline: builder.add_text_field("headline", words.clone()),
        body: builder.add_text_field("body", words),
    };
    (builder.build(), fields)
}

/// Says that the index is damaged; it is made again.
pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::Search { what: what.to_string() }
}

/// The language of an article whose language is not known.
pub(super) const NO_LANGUAGE: &str = "-";

pub(super) fn open(dir: &Path) -> Result<(Index, Fields)> {
    let (schema, fields) = schema();
    let directory = MmapDirectory::open(dir).map_err(damaged)?;
    let index = if Index::exists(&directory).map_err(damaged)? {
        let index = Index::open(directory).map_err(damaged)?;
        if index.schema() != schema {
            return Err(damaged("it has other fields"));
        }
        index
    } else {
        let settings =
            IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        Index::create(directory, schema, settings).map_err(damaged)?
    };
    index.tokenizers().register("words", Analyzer);
    Ok((index, fields))
}

pub(super) fn payload(index: &Index) -> Result<Option<Payload>> {
    let payload = index.load_metas().map_err(damaged)?.payload;
    payload.map(|payload| serde_json::from_str(&payload).map_err(damaged)).transpose()
}

/// What tantivy does may panic on damaged files. What the system did comes as text, and is an error of its own.
pub(super) fn caught<T>(dir: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    match panics::caught(work).unwrap_or_else(|panic| Err(damaged(panic))) {
        Err(Error::Search { what }) => match system_error(&what) {
            Some(source) => Err(Error::Io { doing: "use", path: dir.to_owned(), source }),
            None => Err(Error::Search { what }),
        },
        done => done,
    }
}
