//! Every plan against a full scan.

use pressmark::archive::{Archive, Open};
use pressmark::article::{Draft, Language, Origin, Provenance, Published, Source};
use pressmark::query::{By, DateField, Order, Query};
use pressmark::time::{Dated, Precision, Timestamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A capture: which text, source, published and captured day.
type Raw = (u8, u8, Option<u8>, u8);

const LANGUAGES: [&str; 3] = ["en", "uk", "ru"];

fn at(day: u8) -> Timestamp {
    Timestamp(1_735_689_600 + i64::from(day) * 21_600)
}

fn draft(&(text, source, published, captured): &Raw) -> Draft {
    let captured = at(captured);
    let dated = |day| Dated { at: at(day), precision: Precision::Second, offset_minutes: None };
    Draft {
        headline: format!("headline {text}"),
        body: format!("text number {text}"),
        language: Language::parse(LANGUAGES[usize::from(text % 3)]),
        provenance: Provenance {
            source: (source > 0).then(|| Source::parse(&format!("s{source}.org")).unwrap()),
            published: published.map(|day| Published::new(dated(day), Origin::Given, captured)),
            captured: Some(captured),
            ..Provenance::default()
        },
        ..Draft::default()
    }
}

/// The captures that the archive has, as it numbers them.
struct Model(Vec<(u64, Draft, String)>);

impl Model {
    fn new(raws: &[Raw]) -> Model {
        let mut seen = BTreeSet::new();
        let mut captures = Vec::new();
        for raw in raws {
            if seen.insert((raw.0, raw.1, raw.2)) {
                let draft = draft(raw);
                let digest =
                    pressmark::article::Article::new(&draft.headline, &draft.body, None).digest().to_string();
                captures.push((captures.len() as u64 + 1, draft, digest));
            }
        }
        Model(captures)
    }

    fn date(query: &Query, draft: &Draft) -> Option<Timestamp> {
        match query.date_field {
            DateField::Published => draft.provenance.published.map(|published| published.at),
            DateField::Captured => draft.provenance.captured,
        }
    }

    fn matching(&self, query: &Query) -> Vec<&(u64, Draft, String)> {
        let matches = |(_, draft, _): &&(u64, Draft, String)| {
            let date = Model::date(query, draft);
            (query.sources.is_empty() || query.sources.contains(&draft.provenance.source))
                && query.since.is_none_or(|since| date.is_some_and(|date| date >= since))
                && query.until.is_none_or(|until| date.is_some_and(|date| date <= until))
                && (query.languages.is_empty() || query.languages.contains(&draft.language.unwrap()))
                && (!query.undated || draft.provenance.published.is_none())
        };
        self.0.iter().filter(matches).collect()
    }

    fn hits(&self, query: &Query) -> Vec<u64> {
        let mut matching = self.matching(query);
        let earliest = |capture: &&(u64, Draft, String)| {
            let date = Model::date(query, &capture.1);
            match query.order {
                Order::Arrival => (false, None, String::new(), capture.0),
                _ => (date.is_none(), date, capture.2.clone(), capture.0),
            }
        };
        matching.sort_by_key(earliest);
        if !query.captures {
            let mut seen = BTreeSet::new();
            matching.retain(|capture| seen.insert(&capture.2));
        }
        if query.order == Order::Newest {
            let key = |capture: &&(u64, Draft, String)| {
                let date = Model::date(query, &capture.1);
                (date.is_none(), date.map(std::cmp::Reverse), capture.2.clone(), capture.0)
            };
            matching.sort_by_key(key);
        }
        matching
            .into_iter()
            .map(|capture| capture.0)
            .take(query.limit.map_or(usize::MAX, |limit| limit as usize))
            .collect()
    }

    fn groups(&self, query: &Query, by: By) -> BTreeMap<Option<String>, u64> {
        let mut groups = BTreeMap::<Option<String>, BTreeSet<String>>::new();
        for (seq, draft, digest) in self.matching(query) {
            let key = match by {
                By::Source => draft.provenance.source.as_ref().map(|source| source.to_string()),
                By::Language => draft.language.map(|language| language.to_string()),
                By::Month => Model::date(query, draft).map(Timestamp::month),
                _ => Model::date(query, draft).map(Timestamp::day),
            };
            let member = if query.captures { seq.to_string() } else { digest.clone() };
            groups.entry(key).or_default().insert(member);
        }
        groups.into_iter().map(|(key, members)| (key, members.len() as u64)).collect()
    }
}

fn raw() -> impl Strategy<Value = Raw> {
    (0u8..30, 0u8..5, proptest::option::weighted(0.8, 0u8..40), 0u8..40)
}

fn query() -> impl Strategy<Value = Query> {
    let sources = proptest::collection::vec(
        (0u8..6).prop_map(|n| (n > 0).then(|| Source::parse(&format!("s{n}.org")).unwrap())),
        0..3,
    );
    let languages =
        proptest::collection::vec((0usize..3).prop_map(|n| Language::parse(LANGUAGES[n]).unwrap()), 0..2);
    let day = || proptest::option::weighted(0.4, (0u8..40).prop_map(at));
    let order = prop_oneof![Just(Order::Newest), Just(Order::Oldest), Just(Order::Arrival)];
    let field = prop_oneof![3 => Just(DateField::Published), 1 => Just(DateField::Captured)];
    (
        sources,
        languages,
        day(),
        day(),
        (proptest::bool::weighted(0.1), any::<bool>()),
        order,
        field,
        proptest::option::weighted(0.2, 0u64..20),
    )
        .prop_map(|(sources, languages, since, until, (undated, captures), order, date_field, limit)| {
            Query { sources, since, until, date_field, languages, undated, order, captures, limit }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn plans_agree_with_a_full_scan(batches in proptest::collection::vec(proptest::collection::vec(raw(), 1..60), 1..4), queries in proptest::collection::vec(query(), 40)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut archive = Archive::open(&path, &Open { create: true, ..Open::default() }).unwrap();
        for batch in &batches {
            archive.put(batch.iter().map(draft).collect()).unwrap();
            // Now and then what was written is read from sled before more comes.
            if batch.len() % 2 == 0 {
                archive.reader().unwrap();
            }
        }
        let model = Model::new(&batches.concat());
        let reader = archive.reader().unwrap();
        for query in &queries {
            let hits: Vec<u64> = reader.hits(query).unwrap().map(|hit| hit.unwrap().seq).collect();
            prop_assert_eq!(&hits, &model.hits(query), "{:?}", query);
            prop_assert_eq!(reader.count(query).unwrap(), hits.len() as u64, "{:?}", query);
            let unlimited = Query { limit: None, ..query.clone() };
            for by in [By::Source, By::Day, By::Month, By::Language] {
                let groups: BTreeMap<_, _> = reader.count_by(&unlimited, by).unwrap().into_iter().map(|group| (group.key, group.count)).collect();
                prop_assert_eq!(groups, model.groups(&unlimited, by), "{:?} {:?}", by, query);
            }
        }
    }
}
