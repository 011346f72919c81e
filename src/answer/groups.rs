//! Counts by what articles have in common.

use super::extra;
use super::plan::Asked;
use crate::archive::Snapshot;
use crate::model::{DAY, Error, Provenance, Result, Timestamp};
use crate::query::{By, Clock, DateField, Grouping, Query};
use crate::store::{Mark, SourceNames};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// A group and how many articles are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common, in the order that was asked for; `None` if it is not known.
    pub key: Vec<Option<String>>,
    /// How many.
    pub count: u64,
}

/// Groups that are made at most so that nothing is left out between others.
const ZEROS_MAX: usize = 1_000_000;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Asked {
    /// How many articles (or captures, with [`Query::captures`]) are in each group, ascending; what is not known comes last.
    pub fn count_by(&self, grouping: &Grouping) -> Result<Vec<Group>> {
        let Some(clock) = Clock::new(Timestamp(0)).in_zone(&grouping.zone) else {
            return Err(Error::Unanswerable { what: format!("'{}' is not a time zone", grouping.zone) });
        };
        let names = self.reader.view.names()?;
        let mut parts: Vec<Part> = grouping.by.iter().map(|by| Part::new(by, &names, &clock)).collect();
        let mut index = BTreeMap::<Vec<Option<String>>, usize>::new();
        let mut groups: Vec<(u64, HashSet<u64>)> = Vec::new();
        // Those of the capture before, which mostly are those of the next one.
        let mut members: Vec<usize> = Vec::new();
        for mark in self.marks()? {
            let mark = mark?;
            let mut captures = None;
            let mut changed = groups.is_empty();
            for part in &mut parts {
                changed |= part.turn(self, &mark, &mut captures)?;
            }
            if changed {
                members.clear();
                for key in product(parts.iter().map(|part| part.values.as_slice())) {
                    let next = groups.len();
                    let at = *index.entry(key).or_insert(next);
                    if at == next {
                        groups.push(Default::default());
                    }
                    members.push(at);
                }
            }
            for member in &members {
                let (count, seen) = &mut groups[*member];
                *count += u64::from(self.query.captures || self.reader.is_first(seen, &mark)?);
            }
        }
        let mut groups: Vec<Group> =
            index.into_iter().map(|(key, at)| Group { key, count: groups[at].0 }).collect();
        if grouping.zeros {
            fill(&mut groups, &parts)?;
        }
        groups.sort_by_cached_key(|group| {
            let of_part =
                |(by, key): (&By, &Option<String>)| (key.is_none(), rank(by, key.as_deref()), key.clone());
            grouping.by.iter().zip(&group.key).map(of_part).collect::<Vec<_>>()
        });
        Ok(groups)
    }
}

/// Where days of the week stand among each other.
fn rank(by: &By, key: Option<&str>) -> usize {
    let weekday = || WEEKDAYS.iter().position(|day| Some(*day) == key);
    if *by == By::Weekday { weekday().unwrap_or(WEEKDAYS.len()) } else { 0 }
}

/// One thing that is counted by.
struct Part<'a> {
    by: &'a By,
    names: &'a Arc<SourceNames>,
    clock: &'a Clock,
    /// What the values of the last capture were told from, if a number tells them.
    told_from: Option<i64>,
    /// What the last capture has of it; none known is a value.
    values: Vec<Option<String>>,
    /// The first and the last hour since 1970 that was met.
    span: Option<(i64, i64)>,
}

impl<'a> Part<'a> {
    fn new(by: &'a By, names: &'a Arc<SourceNames>, clock: &'a Clock) -> Part<'a> {
        Part { by, names, clock, told_from: None, values: Vec::new(), span: None }
    }

    /// Turns to a capture; whether its values may be others than those of the one before. `provenance` is read at most once.
    fn turn(&mut self, asked: &Asked, mark: &Mark, provenance: &mut Option<Provenance>) -> Result<bool> {
        let view = &asked.reader.view;
        let from = match self.by {
            By::Source => i64::from(mark.source),
            By::Day | By::Week | By::Month | By::Year | By::Weekday | By::Hour => {
                let hour = self.hour(asked.query.date_field, mark);
                if let Some(hour) = hour.filter(|hour| *hour != NO_HOUR) {
                    let (first, last) = self.span.unwrap_or((hour, hour));
                    self.span = Some((first.min(hour), last.max(hour)));
                }
                hour.unwrap_or(i64::MAX)
            }
            By::Language => {
                self.values = vec![view.article(mark.article)?.language.map(|language| language.to_string())];
                return Ok(true);
            }
            By::Tag => {
                self.set(view.tags_of(mark.article)?);
                return Ok(true);
            }
            By::Section | By::Keyword | By::Author | By::Extra(_) => {
                let of = match provenance {
                    Some(of) => of,
                    None => provenance.insert(view.capture(mark.seq)?.1),
                };
                self.set(match self.by {
                    By::Section => of.section.iter().cloned().collect(),
                    By::Keyword => of.keywords.clone(),
                    By::Author => of.byline.clone(),
                    By::Extra(path) => {
                        of.extra.as_deref().map_or(Vec::new(), |extra| extra::values(extra, path))
                    }
                    _ => Vec::new(),
                });
                return Ok(true);
            }
        };
        if self.told_from == Some(from) {
            return Ok(false);
        }
        self.told_from = Some(from);
        let value = match self.by {
            By::Source => self.names.name(mark.source).map(|name| name.as_str().to_owned()),
            _ if from == i64::MAX || from == NO_HOUR => None,
            by => Some(label(by, from)),
        };
        self.values = vec![value];
        Ok(true)
    }

    fn set(&mut self, values: Vec<String>) {
        let mut seen = BTreeSet::new();
        self.values = values.into_iter().filter(|value| seen.insert(value.clone())).map(Some).collect();
        if self.values.is_empty() {
            self.values.push(None);
        }
    }

    /// The hour since 1970 of a capture, as a clock shows it in the zone; its day's first one if only days are counted.
    fn hour(&self, field: DateField, mark: &Mark) -> Option<i64> {
        let at = mark.at?;
        let civil = field == DateField::Published && mark.precision().is_civil();
        let shown = if civil { at } else { self.clock.shown(at) };
        Some(match self.by {
            By::Hour if civil => NO_HOUR,
            By::Hour => shown.0.div_euclid(3600),
            _ => shown.0.div_euclid(DAY) * 24,
        })
    }

    /// Every value from the first to the last one, if it is one of time.
    fn all(&self) -> Option<Vec<Option<String>>> {
        let step = match self.by {
            By::Weekday => return Some(WEEKDAYS.map(|day| Some(day.to_owned())).to_vec()),
            By::Hour => return Some((0..24).map(|hour| Some(label(&By::Hour, hour))).collect()),
            By::Day | By::Week | By::Month | By::Year => 24,
            _ => return None,
        };
        let (first, last) = self.span?;
        let mut labels: Vec<String> = Vec::new();
        for hour in (first..=last).step_by(step) {
            let label = label(self.by, hour);
            if labels.last() != Some(&label) {
                labels.push(label);
            }
        }
        Some(labels.into_iter().map(Some).collect())
    }
}

/// A date without an hour.
const NO_HOUR: i64 = i64::MIN;

/// What a period is called in which an hour since 1970 is.
fn label(by: &By, hour: i64) -> String {
    let at = Timestamp(hour * 3600);
    match by {
        By::Week => at.week(),
        By::Month => at.month(),
        By::Year => at.month()[..at.month().len() - 3].to_owned(),
        // 1970 began on a Thursday.
        By::Weekday => WEEKDAYS[(hour.div_euclid(24) + 3).rem_euclid(7) as usize].to_owned(),
        By::Hour => format!("{:02}", hour.rem_euclid(24)),
        _ => at.day(),
    }
}

/// Every combination of one value of each.
fn product<'a>(parts: impl Iterator<Item = &'a [Option<String>]>) -> Vec<Vec<Option<String>>> {
    parts.fold(vec![Vec::new()], |before, values| {
        let with =
            |value: &Option<String>, key: &Vec<Option<String>>| key.iter().chain([value]).cloned().collect();
        before.iter().flat_map(|key| values.iter().map(move |value| with(value, key))).collect()
    })
}

/// Adds the groups that lie between others and have no article.
fn fill(groups: &mut Vec<Group>, parts: &[Part]) -> Result<()> {
    let met = |at: usize| groups.iter().map(|group| group.key[at].clone()).collect::<BTreeSet<_>>();
    let all: Vec<Vec<Option<String>>> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| part.all().unwrap_or_else(|| met(at).into_iter().collect()))
        .collect();
    let size = all.iter().try_fold(1usize, |size, values| size.checked_mul(values.len()));
    if size.is_none_or(|size| size > ZEROS_MAX) {
        let what = format!("there would be more than {ZEROS_MAX} groups with those that are empty");
        return Err(Error::Unanswerable { what });
    }
    let there: BTreeSet<Vec<Option<String>>> = groups.iter().map(|group| group.key.clone()).collect();
    let missing = product(all.iter().map(Vec::as_slice)).into_iter().filter(|key| !there.contains(key));
    groups.extend(missing.map(|key| Group { key, count: 0 }).collect::<Vec<_>>());
    Ok(())
}

impl Snapshot {
    /// How many articles (or captures, with [`Query::captures`]) are in each group, ascending; what is not known comes last.
    pub fn count_by(&self, query: &Query, grouping: &Grouping) -> Result<Vec<Group>> {
        self.ask(query)?.count_by(grouping)
    }
}
