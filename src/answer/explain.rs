//! How a query is answered, in words.

use super::filter::Filter;
use super::plan::{Asked, Drive};
use super::scan::MERGED_MAX;
use crate::model::{Result, Timestamp};
use crate::query::{DateField, Order};
use std::sync::atomic::Ordering as Memory;

impl Asked {
    /// How it is answered, in words, a line a step.
    pub fn plan_lines(&self) -> Result<Vec<String>> {
        let names = self.reader.view.names()?;
        let mut lines = vec![format!(
            "query    {}",
            if self.query.filter.is_everything() {
                "everything".to_owned()
            } else {
                self.query.filter.to_string()
            }
        )];
        let span = || {
            let (dated, undated) = self.bounds.spans();
            let end = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let (since, until) = self.bounds.dates.unwrap_or((None, None));
            match (dated, undated) {
                (Some(_), false) if self.bounds.dates.is_some() => {
                    format!(", {}..{}", end(since), end(until))
                }
                (Some(_), false) => ", those with a date".to_owned(),
                (None, true) => ", those without a date".to_owned(),
                (Some(_), true) => String::new(),
                (None, false) => ", nothing".to_owned(),
            }
        };
        let published = self.query.date_field == DateField::Published;
        let walked = match &self.drive {
            Drive::Nothing => "nothing: it cannot match".to_owned(),
            _ if matches!(*self.filter, Filter::Articles(..)) && self.looked.load(Memory::Relaxed) == 0 => {
                "no capture: the articles are known already".to_owned()
            }
            Drive::Articles(articles) => format!("the captures of {} articles, then sorted", articles.len()),
            Drive::Ranges => match &self.bounds.sources {
                Some(sources) if published && sources.len() <= MERGED_MAX => {
                    format!("by_source: {}{}", Filter::Sources(sources.clone()).describe(&names), span())
                }
                _ if self.query.order == Order::Source && published => {
                    format!("by_source: every source{}", span())
                }
                _ if self.query.order == Order::Arrival
                    && self.bounds.dates.is_none()
                    && self.bounds.undated.is_none() =>
                {
                    let (first, last) = self.bounds.seq;
                    let last = if last == u64::MAX { String::new() } else { last.to_string() };
                    format!("captures {first}..{last} in order of arrival")
                }
                _ => format!("{}{}", if published { "by_date" } else { "by_captured" }, span()),
            },
        };
        lines.push(format!("walks    {walked}"));
        lines.push(format!("filters  {}", self.filter.describe(&names)));
        let order = match self.query.order {
            Order::Newest => "the latest date first",
            Order::Oldest => "the earliest date first",
            Order::Arrival => "arrival",
            Order::Source => "source, then the earliest date first",
            Order::Relevance => "relevance: BM25, the headline three times",
        };
        lines.push(format!("order    {order}; equals by digest"));
        if !self.wanted.is_empty() {
            let search = self.reader.words()?;
            for (_, pattern) in &self.wanted {
                for item in pattern.items() {
                    let mut forms: Vec<(String, u64)> =
                        search.forms(item, pattern.distinct_ge)?.into_iter().collect();
                    forms.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                    let shown: Vec<String> =
                        forms.iter().take(12).map(|(form, count)| format!("{form} {count}")).collect();
                    let more = if forms.len() > 12 {
                        format!(" and {} more", forms.len() - 12)
                    } else {
                        String::new()
                    };
                    let found = if shown.is_empty() {
                        "in no article".to_owned()
                    } else {
                        format!("{}{more}", shown.join(", "))
                    };
                    lines.push(format!("word     {}: {found}", item.word));
                }
            }
        }
        Ok(lines)
    }
}
