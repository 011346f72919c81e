//! Every plan against a full scan, pages against the whole, the parser against its printer.

use pressmark::archive::{Archive, Change, How, Open};
use pressmark::derived::words::Scope;
use pressmark::ledger::{Entry, RawEntry};
use pressmark::model::{
    Dated, Detail, Digest, Draft, Language, Origin, Precision, Provenance, Published, Source, Timestamp,
};
use pressmark::query::{Bound, By, Clock, Condition, DateField, Expr, Order, Query, Span, Words, parse};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A capture: which text, source, published and captured day.
type Raw = (u8, u8, Option<u8>, u8);

const LANGUAGES: [&str; 3] = ["en", "uk", "ru"];
/// No two of them are forms of one word.
const VOCABULARY: [&str; 8] = ["harbour", "ferry", "harvest", "pilot", "порт", "пором", "лоцман", "порядок"];
const TAGS: [&str; 2] = ["checked", "todo"];

fn at(day: u8) -> Timestamp {
    Timestamp(1_735_689_600 + i64::from(day) * 21_600)
}

/// The words of a text, by its number.
fn text(number: u8, salt: u8, length: u8) -> String {
    let word = |at: u8| VOCABULARY[usize::from((number / 2 + salt).wrapping_mul(7 + at * 3) % 8)];
    (0..length).map(word).collect::<Vec<_>>().join(" ")
}

fn draft(&(number, source, published, captured): &Raw) -> Draft {
    let captured = at(captured);
    let precision = if number % 5 == 0 { Precision::Day } else { Precision::Second };
    let dated = |day: u8| {
        let day = if precision == Precision::Day { day / 4 * 4 } else { day };
        Dated { at: at(day), precision, offset_minutes: None }
    };
    Draft {
        headline: format!("{} {number}", text(number, 1, 2)),
        body: text(number, 3, 5),
        language: Language::parse(LANGUAGES[usize::from(number % 3)]),
        provenance: Provenance {
            source: (source > 0).then(|| Source::parse(&format!("s{source}.org")).unwrap()),
            url: (source % 2 == 1).then(|| format!("https://www.s{source}.org/{number}")),
            byline: (source % 3 == 1).then(|| "Olena Kovach".to_owned()).into_iter().collect(),
            published: published.map(|day| Published::new(dated(day), Origin::Given, captured)),
            captured: Some(captured),
            input: format!("in/{}.jsonl:{number}", source % 2),
            ..Provenance::default()
        },
        ..Draft::default()
    }
}

#[derive(Clone)]
struct Captured {
    seq: u64,
    draft: Draft,
    digest: String,
}

/// The captures that the archive has, as it numbers them, and the tags of articles.
#[derive(Clone)]
struct Model {
    captures: Vec<Captured>,
    tags: BTreeSet<(String, &'static str)>,
}

impl Model {
    fn new(raws: &[Raw]) -> Model {
        let (mut captures, mut seq) = (Vec::<Captured>::new(), 0);
        for raw in raws {
            let draft = draft(raw);
            let digest =
                pressmark::model::Article::new(&draft.headline, &draft.body, None).digest().to_string();
            let dated = |draft: &Draft| {
                draft.provenance.published.map(|published| (published.at, published.precision))
            };
            let (place, date) =
                ((draft.provenance.source.clone(), draft.provenance.url.clone()), dated(&draft));
            let same = |known: &&mut Captured| {
                let of = &known.draft.provenance;
                known.digest == digest && (of.source.clone(), of.url.clone()) == place
            };
            let mut there: Vec<&mut Captured> = captures.iter_mut().filter(same).collect();
            // Without a URL nobody knows that it is the same one.
            let may_lack = place.1.is_some();
            if there.iter().any(|known| dated(&known.draft) == date || may_lack && date.is_none()) {
                continue;
            }
            seq += 1;
            if may_lack && let Some(known) = there.iter_mut().find(|known| dated(&known.draft).is_none()) {
                known.draft.provenance.published = draft.provenance.published;
                continue;
            }
            captures.push(Captured { seq, draft, digest });
        }
        Model { captures, tags: BTreeSet::new() }
    }

    fn date(field: DateField, draft: &Draft) -> Option<Timestamp> {
        match field {
            DateField::Published => draft.provenance.published.map(|published| published.at),
            DateField::Captured => draft.provenance.captured,
        }
    }

    fn holds(&self, expr: &Expr, capture: &Captured) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part, capture)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part, capture)),
            Expr::Not(part) => !self.holds(part, capture),
            Expr::Is(condition, _) => self.fulfils(condition, capture),
        }
    }

    fn fulfils(&self, condition: &Condition, capture: &Captured) -> bool {
        let Captured { seq, draft, digest } = capture;
        let provenance = &draft.provenance;
        match condition {
            Condition::Source(source) => provenance.source == *source,
            Condition::Date(field, since, until) => {
                let civil = *field == DateField::Published
                    && provenance.published.is_some_and(|published| published.precision == Precision::Day);
                let end = |bound: &Bound| if civil { bound.civil } else { bound.at };
                Model::date(*field, draft).is_some_and(|at| {
                    since.as_ref().is_none_or(|since| at >= end(since))
                        && until.as_ref().is_none_or(|until| at <= end(until))
                })
            }
            Condition::Language(language) => draft.language == *language,
            Condition::Words(scope, words) => {
                let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
                *scope != Scope::Body && found(words, &split(&draft.headline))
                    || *scope != Scope::Title && found(words, &split(&draft.body))
            }
            Condition::Author(name) => {
                provenance.byline.iter().any(|by| by.to_lowercase().split(' ').any(|part| part == name))
            }
            Condition::Url(url) => match url.strip_suffix('*') {
                Some(start) => provenance
                    .url
                    .as_deref()
                    .is_some_and(|own| own.replace("www.", "").starts_with(&start.replace("www.", ""))),
                None => provenance.url.as_deref() == Some(url),
            },
            Condition::Domain(domain) => {
                provenance.url.as_deref().is_some_and(|url| url.contains(&format!(".{domain}/")))
            }
            Condition::Tag(tag) => self.tags.iter().any(|(of, own)| of == digest && own == tag),
            Condition::Id(prefix) => digest.starts_with(prefix.as_str()),
            Condition::Seq(first, last) => (*first..=*last).contains(seq),
            Condition::Input(input) => provenance.input.starts_with(&format!("{input}:")),
            Condition::Dated => provenance.published.is_some(),
            Condition::Undated => provenance.published.is_none(),
            Condition::Suspect => provenance.published.is_some_and(|published| published.suspect),
            Condition::MultiCapture => {
                self.captures.iter().filter(|other| other.digest == *digest).count() > 1
            }
            Condition::Noted => !provenance.notes.is_empty(),
            Condition::Section(_) | Condition::Summary | Condition::Extra(..) => false,
        }
    }

    fn matching(&self, query: &Query) -> Vec<&Captured> {
        self.captures.iter().filter(|capture| self.holds(&query.filter, capture)).collect()
    }

    fn hits(&self, query: &Query) -> Vec<u64> {
        let mut matching = self.matching(query);
        let dated = |capture: &&Captured| {
            let date = Model::date(query.date_field, &capture.draft);
            (date.is_none(), date, capture.digest.clone(), capture.seq)
        };
        match query.order {
            Order::Arrival => matching.sort_by_key(|capture| capture.seq),
            _ => matching.sort_by_key(dated),
        }
        if !query.captures {
            let mut seen = BTreeSet::new();
            matching.retain(|capture| seen.insert(&capture.digest));
        }
        match query.order {
            Order::Newest => matching.sort_by_key(|capture| {
                let (none, date, digest, seq) = dated(capture);
                (none, date.map(std::cmp::Reverse), digest, seq)
            }),
            Order::Source => matching.sort_by_key(|capture| {
                let source = capture.draft.provenance.source.clone();
                (source.is_none(), source, dated(capture))
            }),
            _ => {}
        }
        let all = matching.into_iter().map(|capture| capture.seq).skip(query.offset as usize);
        all.take(query.limit.map_or(usize::MAX, |limit| limit as usize)).collect()
    }

    fn groups(&self, query: &Query, by: &By) -> BTreeMap<Option<String>, u64> {
        let mut groups = BTreeMap::<Option<String>, BTreeSet<String>>::new();
        for Captured { seq, draft, digest } in self.matching(query) {
            let key = match by {
                By::Source => draft.provenance.source.as_ref().map(|source| source.to_string()),
                By::Language => draft.language.map(|language| language.to_string()),
                By::Month => Model::date(query.date_field, draft).map(Timestamp::month),
                _ => Model::date(query.date_field, draft).map(Timestamp::day),
            };
            let member = if query.captures { seq.to_string() } else { digest.clone() };
            groups.entry(key).or_default().insert(member);
        }
        groups.into_iter().map(|(key, members)| (key, members.len() as u64)).collect()
    }
}

/// Whether a pattern is found among words, in the plainest way.
fn found(words: &Words, text: &[String]) -> bool {
    let starts = |words: &Words| -> Vec<usize> {
        let (parts, prefix): (Vec<&str>, bool) = match words {
            Words::Word(word) => (vec![word], false),
            Words::Quoted(phrase) => (phrase.split(' ').collect(), false),
            Words::Prefix(start) => (vec![start], true),
            _ => unreachable!("not nested"),
        };
        let same = |word: &String, part: &str| if prefix { word.starts_with(part) } else { word == part };
        let at = |start: &usize| {
            parts
                .iter()
                .enumerate()
                .all(|(offset, part)| text.get(start + offset).is_some_and(|word| same(word, part)))
        };
        (0..text.len()).filter(at).collect()
    };
    match words {
        Words::Near(parts, distance) => {
            let mut combinations: Vec<Vec<usize>> = vec![Vec::new()];
            for part in parts {
                let places = starts(part);
                combinations = combinations
                    .iter()
                    .flat_map(|chosen| {
                        places.iter().map(move |place| [chosen.as_slice(), &[*place]].concat())
                    })
                    .collect();
            }
            combinations.iter().any(|chosen| {
                let distinct: BTreeSet<_> = chosen.iter().collect();
                let spread = chosen.iter().max().unwrap() - chosen.iter().min().unwrap();
                distinct.len() == chosen.len() && spread <= *distance as usize
            })
        }
        words => !starts(words).is_empty(),
    }
}

fn raw() -> impl Strategy<Value = Raw> {
    (0u8..30, 0u8..5, proptest::option::weighted(0.8, 0u8..40), 0u8..40)
}

fn words() -> impl Strategy<Value = Words> {
    let word = || (0usize..8).prop_map(|at| VOCABULARY[at].to_owned());
    let simple = || {
        prop_oneof![
            4 => word().prop_map(Words::Word),
            1 => word().prop_map(|word| Words::Prefix(word.chars().take(3).collect())),
            2 => (word(), word()).prop_map(|(a, b)| Words::Quoted(format!("{a} {b}"))),
        ]
    };
    prop_oneof![
        5 => simple(),
        1 => (word(), word(), 1u32..4).prop_map(|(a, b, distance)| Words::Near(vec![Words::Word(a), Words::Word(b)], distance)),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let source = |n: u8| (n > 0).then(|| Source::parse(&format!("s{n}.org")).unwrap());
    let day = || proptest::option::weighted(0.6, (0u8..40).prop_map(at));
    let field = || prop_oneof![3 => Just(DateField::Published), 1 => Just(DateField::Captured)];
    let scope = prop_oneof![2 => Just(Scope::Both), 1 => Just(Scope::Title), 1 => Just(Scope::Body)];
    let zone = prop_oneof![3 => Just(0i64), 1 => Just(7200), 1 => Just(-18_000)];
    prop_oneof![
        6 => (0u8..6).prop_map(move |n| Condition::Source(source(n))),
        6 => (field(), day(), day(), zone).prop_map(|(field, since, until, shift)| {
            let bound = |at: Timestamp| Bound { civil: at, at: Timestamp(at.0 - shift) };
            let since = since.or(until.is_none().then(|| at(20)));
            Condition::Date(field, since.map(bound), until.map(bound))
        }),
        3 => (0usize..3).prop_map(|n| Condition::Language(Language::parse(LANGUAGES[n]))),
        8 => (scope, words()).prop_map(|(scope, words)| Condition::Words(scope, words)),
        1 => Just(Condition::Author("kovach".to_owned())),
        1 => (0u8..30).prop_map(|n| Condition::Url(format!("https://www.s1.org/{n}"))),
        1 => (0u8..30).prop_map(|n| Condition::Url(format!("https://www.s1.org/{n}*"))),
        1 => (1u8..5).prop_map(|n| Condition::Domain(format!("s{n}.org"))),
        2 => (0usize..2).prop_map(|n| Condition::Tag(TAGS[n].to_owned())),
        1 => (0u64..60, 0u64..60).prop_map(|(a, b)| Condition::Seq(a.min(b), a.max(b))),
        1 => (0u8..2).prop_map(|n| Condition::Input(format!("in/{n}.jsonl"))),
        1 => Just(Condition::Dated),
        1 => Just(Condition::Undated),
        1 => Just(Condition::Suspect),
        1 => Just(Condition::MultiCapture),
    ]
}

/// Queries as they can be written: no conjunction of one, no double negation that would print as something else.
fn expr() -> impl Strategy<Value = Expr> {
    let leaf = condition().prop_map(|condition| Expr::Is(condition, Span::default()));
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            2 => proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            1 => inner.prop_map(|expr| Expr::Not(Box::new(expr))),
        ]
    })
}

fn query() -> impl Strategy<Value = Query> {
    let order =
        prop_oneof![Just(Order::Newest), Just(Order::Oldest), Just(Order::Arrival), Just(Order::Source)];
    let field = prop_oneof![3 => Just(DateField::Published), 1 => Just(DateField::Captured)];
    let filter = prop_oneof![9 => expr(), 1 => Just(Expr::default())];
    let limit = proptest::option::weighted(0.2, 0u64..20);
    (filter, order, field, any::<bool>(), limit, prop_oneof![4 => Just(0u64), 1 => 0u64..5]).prop_map(
        |(filter, order, date_field, captures, limit, offset)| Query {
            filter,
            order,
            date_field,
            captures,
            limit,
            offset,
            after: None,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn plans_agree_with_a_full_scan(batches in proptest::collection::vec(proptest::collection::vec(raw(), 1..60), 1..4), queries in proptest::collection::vec(query(), 60), tagged in 1usize..5, removed in 3u8..9) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut archive = Archive::open(&path, &Open { create: true, ..Open::default() }).unwrap();
        let mut kept = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            archive.put(batch.iter().map(draft).collect()).unwrap();
            // Now and then somebody asks, for words too, before more comes.
            if batch.len() % 2 == 0 {
                kept.push((archive.snapshot().unwrap(), batches.iter().take(at + 1).flatten().cloned().collect::<Vec<_>>()));
            }
            if batch.len() % 3 == 0 {
                archive.snapshot().unwrap().words().unwrap();
            }
        }
        // What was there then is still there, and nothing else.
        for (snapshot, raws) in &kept {
            let model = Model::new(raws);
            for query in queries.iter().take(20) {
                let asked = snapshot.ask(query).unwrap();
                let seqs: Vec<u64> = asked.hits().unwrap().map(|hit| hit.unwrap().seq).collect();
                prop_assert_eq!(&seqs, &model.hits(query), "{} {:?}", asked.plan_lines().unwrap().join("; "), query);
            }
        }
        drop(kept);
        let mut model = Model::new(&batches.concat());
        for (at, tag) in TAGS.iter().enumerate() {
            let some: BTreeSet<String> = model.captures.iter().map(|capture| capture.digest.clone()).filter(|digest| (digest.as_bytes()[at] as usize).is_multiple_of(tagged)).collect();
            let digests: Vec<Digest> = some.iter().map(|digest| digest.parse().unwrap()).collect();
            archive.tag(&digests, &[(*tag).to_owned()], &[], How::default()).unwrap();
            // The last one loses it again.
            if let Some((last, digest)) = digests.last().zip(some.last()) {
                archive.tag(&[*last], &[], &[(*tag).to_owned()], How::default()).unwrap();
                model.tags.extend(some.iter().filter(|other| *other != digest).map(|digest| (digest.clone(), *tag)));
            }
        }
        // Some captures are corrected, and the languages of some articles; what was before is still there as of then.
        let (before, next_seq) = (model.clone(), archive.position().next_seq);
        let is_corrected = |capture: &Captured, at: usize| capture.digest.as_bytes()[at].is_multiple_of(3);
        let source = Source::parse("s5.org");
        let dated = Dated { at: at(17), precision: Precision::Second, offset_minutes: None };
        let published = Some(Published::new(dated, Origin::Given, dated.at));
        let values = Provenance { source: source.clone(), published, ..Provenance::default() };
        let language = Language::parse("uk");
        for (place, change) in [
            (2, Change { values, ..Change::default() }),
            (4, Change { cleared: vec![Detail::Published, Detail::Url], ..Change::default() }),
            (5, Change { language: Some(language), ..Change::default() }),
        ] {
            let mut seqs = Vec::new();
            for capture in model.captures.iter_mut().filter(|capture| is_corrected(capture, place)) {
                seqs.push(capture.seq);
                let of = &mut capture.draft.provenance;
                match place {
                    2 => {
                        of.source = source.clone();
                        of.published = Some(Published::new(dated, Origin::Given, of.captured.unwrap()));
                    }
                    4 => (of.published, of.url) = (None, None),
                    _ => capture.draft.language = language,
                }
            }
            archive.correct(&seqs, &change, How::default()).unwrap();
        }
        let now = archive.snapshot().unwrap();
        let then = now.as_of(next_seq).unwrap();
        for query in queries.iter().take(20) {
            for (snapshot, model) in [(&now, &model), (&then, &before)] {
                let asked = snapshot.ask(query).unwrap();
                let seqs: Vec<u64> = asked.hits().unwrap().map(|hit| hit.unwrap().seq).collect();
                prop_assert_eq!(&seqs, &model.hits(query), "{} {:?}", asked.plan_lines().unwrap().join("; "), query);
            }
        }
        drop((now, then));
        // Some articles are removed: no plan finds them.
        let removed: BTreeSet<String> = model.captures.iter().map(|capture| capture.digest.clone()).filter(|digest| digest.as_bytes()[3].is_multiple_of(removed)).collect();
        let reader = archive.snapshot().unwrap();
        let removals = removed.iter().map(|digest| {
            let digest = digest.parse().unwrap();
            let article = reader.find(&digest).unwrap().unwrap();
            Entry::Removal { article, digest, reason: String::new(), reference: None, originals: Vec::new(), at_ms: 0 }.encode()
        });
        let removals: Vec<RawEntry> = removals.collect();
        drop(reader);
        archive.close().unwrap();
        if !removals.is_empty() {
            crate::format::append(&path, removals);
        }
        let report = pressmark::verify(&path, pressmark::Depth::Data, std::time::Duration::ZERO, &|| false).unwrap();
        prop_assert_eq!(report.findings, []);
        let archive = Archive::open(&path, &Open::default()).unwrap();
        model.captures.retain(|capture| !removed.contains(&capture.digest));
        for query in &queries {
            let reader = archive.snapshot().unwrap();
            let asked = reader.ask(query).unwrap();
            let plan = asked.plan_lines().unwrap().join("; ");
            let hits: Vec<_> = asked.hits().unwrap().map(Result::unwrap).collect();
            let seqs: Vec<u64> = hits.iter().map(|hit| hit.seq).collect();
            prop_assert_eq!(&seqs, &model.hits(query), "{} {:?}", plan, query);
            prop_assert_eq!(asked.count().unwrap(), hits.len() as u64, "{} {:?}", plan, query);
            if let Some(hit) = hits.first() {
                let document = asked.document(hit).unwrap();
                prop_assert_eq!(document.captures[document.placed_by].seq, hit.seq);
            }
            let unlimited = Query { limit: None, offset: 0, ..query.clone() };
            for by in [By::Source, By::Day, By::Month, By::Language] {
                let groups: BTreeMap<_, _> = reader.count_by(&unlimited, &by.clone().into()).unwrap().into_iter().map(|mut group| (group.key.remove(0), group.count)).collect();
                prop_assert_eq!(groups, model.groups(&unlimited, &by), "{} {:?} {:?}", plan, by, query);
            }
            // Pages of three are the whole.
            let names = reader.names().unwrap();
            let mut paged = Vec::new();
            let mut page = Query { limit: Some(3), ..unlimited.clone() };
            while paged.len() < 1000 {
                let hits: Vec<_> = reader.hits(&page).unwrap().map(Result::unwrap).collect();
                paged.extend(hits.iter().map(|hit| hit.seq));
                let Some(last) = hits.last() else { break };
                let cursor = last.cursor(page.order, names.name(last.source).map(|name| name.as_str()));
                page.after = Some(cursor.to_string().parse().unwrap());
            }
            prop_assert_eq!(paged, model.hits(&unlimited), "{} {:?}", plan, query);
            // The best match first finds the same, whatever the order.
            if query.filter.asks_for_words() {
                let ranked = Query { order: Order::Relevance, captures: false, ..unlimited.clone() };
                if let Ok(asked) = reader.ask(&ranked) {
                    let mut found: Vec<u64> = asked.hits().unwrap().map(|hit| hit.unwrap().article).collect();
                    let oldest = Query { order: Order::Oldest, captures: false, ..unlimited };
                    let mut expected: Vec<u64> = reader.hits(&oldest).unwrap().map(|hit| hit.unwrap().article).collect();
                    found.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(found, expected, "{} {:?}", plan, query);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(expr in expr()) {
        let clock = Clock::new(Timestamp(1_741_773_600));
        // What the clock shows elsewhere is written without its zone, which only that zone reads back.
        fn in_utc(expr: &mut Expr) {
            match expr {
                Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(in_utc),
                Expr::Not(part) => in_utc(part),
                Expr::Is(Condition::Date(_, since, until), _) => {
                    let utc = |bound: &mut Option<Bound>| *bound = bound.map(|bound| Bound::utc(bound.at));
                    utc(since);
                    utc(until);
                    if let (Some(first), Some(last)) = (*since, *until) && first.at > last.at {
                        (*since, *until) = (*until, *since);
                    }
                }
                Expr::Is(..) => {}
            }
        }
        let mut expr = expr;
        in_utc(&mut expr);
        let printed = expr.to_string();
        let read = parse(&printed, &clock, &|_| None).unwrap_or_else(|e| panic!("{printed}: {e:?}"));
        prop_assert_eq!(&read, &expr, "{}", printed);
        prop_assert_eq!(read.to_string(), printed);
    }

    #[test]
    fn nothing_makes_the_parser_panic(text in "[-()\" a-c:.*/0-9НNEAROTD\\\\]{0,40}") {
        let _ = parse(&text, &Clock::new(Timestamp(1_741_773_600)), &|name| (name == "a").then(|| "saved:a b".to_owned()));
    }
}
