//! Where the shop's own records are: from what is written to a plan.

use std::net::SocketAddr;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::cleanup::compile_cleanup;
use super::record_access::{compile_auth, compile_headers};
use crate::base::Micros;
use crate::plan::records::{MORE_FIELDS, RECORD_FIELDS};
use crate::plan::{FieldPlace, NextPage, RecordPlace, RecordPlan, SourcePlan};
use crate::scenario::{
    LocatedText, MoneyUnit, Named, OneOrMany, PageStyle, Paging, Problems, RecordSource, Records,
    nearest,
};

/// Checks the description of records.
pub fn compile_records(written: &Records, problems: &mut Problems) -> Option<RecordPlan> {
    let mut source = |source: &Option<RecordSource>| {
        source.as_ref().map(|source| compile_source(source, problems))
    };
    let (orders, charges) = (source(&written.orders), source(&written.charges));
    let (mail, stock) = (source(&written.mail), source(&written.stock));
    let vouchers = written.vouchers.as_ref().map_or(Vec::new(), |Named(vouchers)| {
        vouchers
            .iter()
            .filter_map(|(code, limit)| {
                let limit = limit.as_ref()?;
                let read = voucher(&limit.value);
                if read.is_none() {
                    problems.add(
                        limit.span,
                        format!("`{}` is not a limit of a voucher", limit.value),
                        "",
                        "write a number, such as 100, or `1 per shopper`",
                    );
                }
                read.map(|(limit, per_shopper)| (code.value.clone(), limit, per_shopper))
            })
            .collect()
    });
    for (written, name) in
        [(&written.orders, "orders"), (&written.charges, "charges"), (&written.stock, "stock")]
    {
        if let Some(listen) = written.as_ref().and_then(|source| source.listen.as_ref()) {
            let message = format!("`{name}` can't come by mail");
            problems.add(listen.span, message, "", "write `listen:` under `mail:`");
        }
    }
    Some(RecordPlan {
        orders: orders??,
        charges: charges.flatten(),
        mail: mail.flatten(),
        stock: stock.flatten(),
        cleanup: match &written.cleanup {
            Some(written) => Some(compile_cleanup(written, problems)?),
            None => None,
        },
        exclusive: texts(written.exclusive.as_ref()),
        vouchers,
        wait: written.wait.as_ref().map(|wait| wait.value),
        settle: written.settle.as_ref().map_or(Micros::from_secs(900), |settle| settle.value),
        every: written.every.as_ref().map_or(Micros::from_secs(30), |every| every.value),
        pause: written.pause.as_ref().map_or(Micros::from_secs(5), |pause| pause.value),
        late_after: written.late_after.as_ref().map_or(Micros::from_secs(60), |late| late.value),
        receipt_within: written
            .receipt_within
            .as_ref()
            .map_or(Micros::from_secs(600), |within| within.value),
    })
}

fn voucher(text: &str) -> Option<(u64, bool)> {
    let text = text.trim();
    match text.strip_suffix("per shopper") {
        Some(limit) => Some((limit.trim().parse().ok()?, true)),
        None => Some((text.parse().ok()?, false)),
    }
}

fn texts(written: Option<&OneOrMany<LocatedText>>) -> Vec<String> {
    written.map_or(Vec::new(), |OneOrMany(texts)| {
        texts.iter().map(|text| text.value.clone()).collect()
    })
}

fn compile_source(written: &RecordSource, problems: &mut Problems) -> Option<SourcePlan> {
    let source = match &written.from {
        None => written.clone(),
        Some(name) => match RecordSource::preset(&name.value) {
            Some(preset) => written.clone().over(preset),
            None => {
                let known = RecordSource::presets();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let remedy = match nearest(&name.value, known.iter().copied()) {
                    Some(meant) => format!("write `{meant}`"),
                    None => format!("the presets are {}", known.join(", ")),
                };
                problems.add(name.span, format!("no preset `{}`", name.value), "", remedy);
                return None;
            }
        },
    };
    let place = place(&source, written, problems)?;
    let rows = source
        .rows
        .as_ref()
        .map_or_else(|| JsonPath::parse("$[*]").ok(), |rows| path(rows, problems))?;
    Some(SourcePlan {
        place,
        url: source.url.map(|url| url.value),
        auth: source.auth.as_ref().and_then(|written| compile_auth(written, problems)),
        headers: compile_headers(source.headers.as_ref()),
        rows,
        next: next_page(source.next.as_ref(), problems)?,
        lookup: source.lookup.map(|lookup| lookup.value),
        fields: fields(source.fields, problems),
        counts: texts(source.counts.as_ref()),
        paid: texts(source.paid.as_ref()),
        minor: source.amounts.is_some_and(|amounts| amounts.value == MoneyUnit::Minor),
    })
}

fn place(
    source: &RecordSource,
    written: &RecordSource,
    problems: &mut Problems,
) -> Option<RecordPlace> {
    let mut places = Vec::new();
    places.extend(source.get.as_ref().map(|get| RecordPlace::Get(get.value.clone())));
    places.extend(source.post.as_ref().map(|post| {
        let body = source.body.as_ref().map_or(Value::Null, |body| body.0.to_json());
        RecordPlace::Post(post.value.clone(), body)
    }));
    places.extend(source.graphql.as_ref().map(|query| RecordPlace::GraphQl(query.value.clone())));
    places.extend(source.sql.as_ref().and_then(|sql| {
        Some(RecordPlace::Sql(sql.url.as_ref()?.value.clone(), sql.query.as_ref()?.value.clone()))
    }));
    places.extend(source.file.as_ref().map(|file| RecordPlace::File(file.value.clone())));
    if let Some(listen) = &source.listen {
        match listen.value.trim().parse::<SocketAddr>() {
            Ok(at) if at.ip().is_loopback() => places.push(RecordPlace::Listen(at)),
            _ => {
                let message = format!("`{}` is not an address on this machine", listen.value);
                problems.add(
                    listen.span,
                    message,
                    "",
                    "write 127.0.0.1 and a port: 127.0.0.1:2525",
                );
                return None;
            }
        }
    }
    if let Some(command) = &source.command {
        match shlex::split(&command.value).filter(|words| !words.is_empty()) {
            Some(words) => places.push(RecordPlace::Command(words)),
            None => {
                problems.add(command.span, "a quote is not closed", "", "close it");
                return None;
            }
        }
    }
    if places.len() != 1 {
        let span = written.keys.span;
        let message = if places.is_empty() {
            "nothing says where the records are"
        } else {
            "records come from one place"
        };
        problems.add(
            span,
            message,
            "",
            "write one of: from, get, post, graphql, sql, command, file, listen",
        );
        return None;
    }
    places.pop()
}

fn path(text: &LocatedText, problems: &mut Problems) -> Option<JsonPath> {
    match JsonPath::parse(&text.value) {
        Ok(path) => Some(path),
        Err(error) => {
            let message = format!("`{}` is not a JSONPath: {error}", text.value);
            problems.add(
                text.span,
                message,
                "",
                "write it as RFC 9535 has it, such as `$.orders[*]`",
            );
            None
        }
    }
}

fn next_page(written: Option<&PageStyle>, problems: &mut Problems) -> Option<NextPage> {
    let paging = match written {
        None => return Some(NextPage::None),
        Some(PageStyle::Link(word)) if word.value == "link" => return Some(NextPage::Link),
        Some(PageStyle::Link(word)) => {
            let message = format!("`{}` is not a way to the next page", word.value);
            problems.add(
                word.span,
                message,
                "",
                "write `link`, or a mapping with cursor, page, offset or after_id",
            );
            return None;
        }
        Some(PageStyle::By(paging)) => paging,
    };
    let Paging { cursor, parameter, proceed, page, first, offset, after_id, .. } = &**paging;
    let proceed = match proceed {
        None => None,
        Some(proceed) => Some(path(proceed, problems)?),
    };
    if let Some(cursor) = cursor {
        let parameter = parameter.as_ref().map_or("after".to_owned(), |name| name.value.clone());
        return Some(NextPage::Cursor(path(cursor, problems)?, parameter, proceed));
    }
    if let Some(page) = page {
        let first = first.as_ref().map_or(Some(1), |first| first.value.trim().parse().ok());
        return Some(NextPage::Page(page.value.clone(), first.unwrap_or(1)));
    }
    let by = offset.as_ref().map(|offset| NextPage::Offset(offset.value.clone()));
    let by = by.or_else(|| Some(NextPage::AfterId(after_id.as_ref()?.value.clone(), proceed)));
    if by.is_none() {
        let span = paging.keys.span;
        problems.add(
            span,
            "nothing says how the next page is asked for",
            "",
            "write one of: cursor, page, offset, after_id",
        );
    }
    by
}

fn fields(
    written: Option<Named<LocatedText>>,
    problems: &mut Problems,
) -> Vec<(&'static str, FieldPlace)> {
    let known = || RECORD_FIELDS.iter().chain(&MORE_FIELDS).copied();
    let mut fields = Vec::new();
    for (name, place) in written.map_or(Vec::new(), |Named(fields)| fields) {
        let Some(field) = known().find(|field| *field == name.value) else {
            let remedy = match nearest(&name.value, known()) {
                Some(meant) => format!("write `{meant}`"),
                None => format!("the fields are {}", known().collect::<Vec<_>>().join(", ")),
            };
            problems.add(name.span, format!("no field `{}`", name.value), "", remedy);
            continue;
        };
        let Some(place) = place else { continue };
        let place = if place.value.starts_with('$') {
            path(&place, problems).map(FieldPlace::Path)
        } else {
            Some(FieldPlace::Column(place.value))
        };
        fields.extend(place.map(|place| (field, place)));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(text: &str) -> Result<RecordPlan, String> {
        let (records, mut problems) =
            Records::parse("r.yaml", text).map_err(|problems| problems.render(false))?;
        let plan = compile_records(&records, &mut problems);
        problems.into_result(plan).map_err(|problems| problems.render(false))
    }

    #[test]
    fn every_preset_compiles() {
        for name in RecordSource::presets() {
            let plan = compiled(&format!("orders: {{ from: {name} }}")).unwrap();
            assert!(plan.orders.field("id").is_some(), "{name}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_documentation() {
        let plan = compiled("orders: { file: orders.csv }\nvouchers: { A: 100, B: 1 per shopper }")
            .unwrap();
        assert_eq!((plan.settle, plan.pause), (Micros::from_secs(900), Micros::from_secs(5)));
        assert_eq!((plan.late_after, plan.wait), (Micros::from_secs(60), None));
        assert_eq!(plan.vouchers, [("A".into(), 100, false), ("B".into(), 1, true)]);
        assert_eq!(plan.orders.next, NextPage::None);
        assert_eq!(plan.orders.describe(), "file orders.csv");
    }

    #[test]
    fn what_can_not_be_meant_is_told_with_a_remedy() {
        for (text, told) in [
            ("orders: { from: woocomerce }", "write `woocommerce`"),
            ("orders: { fields: { id: id } }", "nothing says where"),
            ("orders: { get: /a, file: b }", "records come from one place"),
            ("orders: { get: /a, rows: '$[' }", "is not a JSONPath"),
            ("orders: { get: /a, next: lnk }", "is not a way to the next page"),
            ("orders: { get: /a, next: { as: x } }", "nothing says how the next page"),
            ("orders: { file: a, fields: { idd: x } }", "write `id`"),
            ("orders: { command: \"psql 'x\" }", "a quote is not closed"),
            ("orders: { listen: '127.0.0.1:2525' }", "can't come by mail"),
            (
                "orders: { file: a }\nmail: { listen: '0.0.0.0:25' }",
                "not an address on this machine",
            ),
            ("orders: { file: a }\nvouchers: { A: often }", "not a limit of a voucher"),
        ] {
            let problem = compiled(text).unwrap_err();
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }
}
