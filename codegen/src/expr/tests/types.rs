//! What type each form of expression has.

use super::{code, names, told};
use crate::diagnostics::Code;

#[test]
fn every_form_has_its_type() {
    for (source, wanted) in [
        // Operators.
        ("input.count + 1", "an integer"),
        ("input.count * 1.5", "a number"),
        ("input.count - input.weight", "a number"),
        ("-input.count", "an integer"),
        ("-input.weight", "a number"),
        ("input.weight / 2", "a number"),
        ("input.weight / input.weight", "a number that may be null"),
        ("input.count % 7", "an integer"),
        ("input.count % input.count", "an integer that may be null"),
        ("input.text + input.id", "a text"),
        ("input.size + \"!\"", "a text"),
        ("input.tags + [\"a\"]", "a list of texts"),
        ("input.counts + input.weights", "a list of numbers"),
        ("now + minutes(5)", "a timestamp"),
        ("minutes(5) + now", "a timestamp"),
        ("now - hours(1.5)", "a timestamp"),
        ("seconds(1) + hours(2)", "a duration"),
        ("-seconds(1)", "a duration"),
        ("!input.flag && input.flag || input.flag", "a boolean"),
        ("input.maybeText == null", "a boolean"),
        ("input.count == input.weight", "a boolean"),
        ("input.size == input.part", "a boolean"),
        ("input.id != input.text", "a boolean"),
        ("input.maybeCount < 3", "a boolean"),
        ("input.size < input.part", "a boolean"),
        ("today >= input.maybeDay", "a boolean"),
        ("input.text in input.tags", "a boolean"),
        ("input.maybeText in [\"a\", \"b\"]", "a boolean"),
        ("\"a\" in input.prices", "a boolean"),
        ("input.flag ? 1 : 2.5", "a number"),
        ("input.flag ? input.size : \"other\"", "a text"),
        ("input.flag ? null : input.day", "a date that may be null"),
        ("input.flag ? input.day : input.time", "a date or time"),
        // Members and elements.
        ("task.title", "a text"),
        ("found.title", "a text that may be null"),
        ("task.owner.name", "a text that may be null"),
        ("input.tags[0]", "a text that may be null"),
        ("input.prices[\"a\"]", "a number that may be null"),
        ("input.tasks[0].title", "a text that may be null"),
        ("constants.prices.small", "an integer"),
        ("constants.prices[input.size]", "an integer"),
        ("constants.prices[input.maybeSize]", "an integer that may be null"),
        ("constants.prices[input.text]", "an integer that may be null"),
        ("constants.months", "a list of integers"),
        // Literals.
        ("[1, 2.5]", "a list of numbers"),
        ("[input.day, input.time]", "a list of dates or times"),
        ("{\"a\": 1}", "an object"),
        ("{\"a\": 1}.a", "an integer"),
        ("uuid()", "an id"),
        ("At ${now}, ${input.count} of ${input.size}", "a text"),
    ] {
        assert_eq!(names().told(source), wanted, "{source}");
    }
}

#[test]
fn every_function_has_its_type() {
    for (source, wanted) in [
        ("coalesce(input.maybeText, \"\")", "a text"),
        ("coalesce(input.maybeText, input.maybeId)", "a text that may be null"),
        ("coalesce(input.maybeSize, \"small\")", "one of \"small\", \"medium\", \"large\""),
        ("int(input.text)", "an integer that may be null"),
        ("int(input.weight)", "an integer"),
        ("double(input.count)", "a number"),
        ("double(input.text)", "a number that may be null"),
        ("string(input.day)", "a text"),
        ("date(input.text)", "a date that may be null"),
        ("input.text.size()", "an integer"),
        ("input.prices.size()", "an integer"),
        ("input.text.contains(\"a\")", "a boolean"),
        ("input.id.startsWith(\"a\")", "a boolean"),
        ("input.text.endsWith(\"a\")", "a boolean"),
        ("input.text.trim().trimEnd().lower().upper()", "a text"),
        ("input.text.split(\",\")", "a list of texts"),
        ("input.text.replace(\"a\", \"b\")", "a text"),
        ("input.text.substring(1)", "a text"),
        ("input.text.substring(1, 2)", "a text"),
        ("input.size.take(2)", "a text"),
        ("input.text.indexOf(\"a\")", "an integer that may be null"),
        ("wordCount(input.text)", "an integer"),
        ("excerpt(input.text, 20)", "a text"),
        ("input.tasks.exists(t, t.title == \"a\")", "a boolean"),
        ("input.tasks.all(t, t.minutes > 3)", "a boolean"),
        ("input.tasks.filter(t, t.note != null).map(t, t.note)", "a list of texts"),
        ("input.tasks.map(t, t.note)", "a list of texts"),
        ("input.tasks.map(t, [t.title]).flatten()", "a list of texts"),
        ("input.tags.distinct()", "a list of texts"),
        ("input.tags.take(2)", "a list of texts"),
        ("input.tags.first()", "a text that may be null"),
        ("[1].first()", "an integer"),
        ("[1].take(0).first()", "an integer that may be null"),
        ("[1].filter(x, x > 1).first()", "an integer that may be null"),
        ("[1].map(x, x).last()", "an integer"),
        ("input.tasks.sortBy(t, t.size)", "a list of objects"),
        ("input.tasks.groupBy(t, t.size).map(g, g.key)", "a list of words"),
        ("input.tasks.groupBy(t, t.size).map(g, g.items.first().title)", "a list of texts"),
        ("input.tasks.keyBy(t, t.title)[\"a\"].title", "a text that may be null"),
        ("input.tags.join(\", \")", "a text"),
        ("input.counts.sum()", "an integer"),
        ("input.weights.sum()", "a number"),
        ("input.counts.avg()", "a number that may be null"),
        ("[1, 2].avg()", "a number"),
        ("input.counts.min()", "an integer that may be null"),
        ("[today, input.day].max()", "a date"),
        ("range(3)", "a list of integers"),
        ("input.prices.with(\"a\", 1.5)", "a map of numbers"),
        ("input.prices.without(\"a\")", "a map of numbers"),
        ("input.prices.merge(input.prices)", "a map of numbers"),
        ("input.weight.round()", "a number"),
        ("input.weight.round(2)", "a number"),
        ("input.count.abs()", "an integer"),
        ("input.weight.floor()", "a number"),
        ("input.weight.ceil()", "a number"),
        ("today.plusDays(1).plusMonths(-1).plusYears(2)", "a date"),
        ("today.at(\"09:30\")", "a timestamp"),
        ("today.at(input.text)", "a timestamp that may be null"),
        ("today.startOf(\"week\")", "a date"),
        ("now.endOf(\"month\")", "a timestamp"),
        ("now.date()", "a date"),
        ("now.timeOfDay()", "a text"),
        ("now.year() + today.month() + today.day() + now.weekday()", "an integer"),
        ("dayOf(input.moment)", "a date"),
        ("dayOf(input.maybeMoment)", "a date that may be null"),
        ("instantOf(input.day)", "a timestamp"),
        ("secondsBetween(now, input.maybeTime)", "an integer that may be null"),
        ("daysBetween(today, input.moment)", "an integer"),
    ] {
        assert_eq!(names().told(source), wanted, "{source}");
    }
}

#[test]
fn what_has_no_type_is_one_problem() {
    for (source, wanted) in [
        ("input.count / 2", Code::ExpressionType),
        ("input.text + 1", Code::ExpressionType),
        ("today + 1", Code::ExpressionType),
        ("today - today", Code::ExpressionType),
        ("now - now", Code::ExpressionType),
        ("-input.text", Code::ExpressionType),
        ("!input.text", Code::ExpressionType),
        ("!input.maybeFlag", Code::MayBeNull),
        ("input.count && input.flag", Code::ExpressionType),
        ("input.count == input.text", Code::ExpressionType),
        ("input.moment == today", Code::ExpressionType),
        ("input.moment < today", Code::ExpressionType),
        ("today < now", Code::ExpressionType),
        ("input.flag < input.flag", Code::ExpressionType),
        ("input.tags < input.tags", Code::ExpressionType),
        ("\"a\" in input.text", Code::ExpressionType),
        ("1 in input.tags", Code::ExpressionType),
        ("\"tiny\" in [input.size]", Code::ExpressionType),
        ("input.size in [\"tiny\"]", Code::ExpressionType),
        ("input.size == \"tiny\"", Code::ExpressionType),
        ("input.flag ? 1 : \"a\"", Code::ExpressionType),
        ("[1, \"a\"]", Code::ExpressionType),
        ("{\"a\": 1, \"a\": 2}", Code::DuplicateKey),
        ("{input.text: 1}", Code::ExpressionType),
        ("input.json.a", Code::UnknownField),
        ("input.json[\"a\"]", Code::ExpressionType),
        ("input.tags.title", Code::UnknownField),
        ("input.prices.a", Code::ExpressionType),
        ("input.tags[\"a\"]", Code::ExpressionType),
        ("input.prices[0]", Code::ExpressionType),
        ("input.count[0]", Code::ExpressionType),
        ("task.titel", Code::UnknownField),
        ("tusk.title", Code::UnknownVariable),
        ("constants.price", Code::UnknownField),
        ("int(input.flag)", Code::ExpressionType),
        ("double(input.day)", Code::ExpressionType),
        ("input.moment.year()", Code::ExpressionType),
        ("input.tasks.map(1, 2)", Code::ExpressionType),
        ("input.tasks.map(t)", Code::ExpressionType),
        ("input.tasks.filter(t, t.note)", Code::ExpressionType),
        ("input.tasks.sortBy(t, t.due)", Code::ExpressionType),
        ("input.tasks.keyBy(t, t.minutes)", Code::ExpressionType),
        ("input.tasks.filter(input, true)", Code::BadName),
        ("input.tags.sum()", Code::ExpressionType),
        ("coalesce(input.maybeText)", Code::ExpressionType),
        ("coalesce(input.maybeText, 1)", Code::ExpressionType),
        ("today.startOf(\"hour\")", Code::ExpressionType),
        ("today.at(\"25:00\")", Code::ExpressionType),
        ("has(input.text)", Code::UnknownFunction),
        ("input.text.matches(\"a\")", Code::UnknownFunction),
        ("size(input.text)", Code::UnknownFunction),
        ("input.tasks.existsOne(t, true)", Code::UnknownFunction),
        ("timestamp(input.text)", Code::UnknownFunction),
        ("9007199254740992", Code::ExpressionType),
        ("1u", Code::ExpressionSyntax),
        ("b\"a\"", Code::ExpressionSyntax),
        ("input.?text", Code::ExpressionSyntax),
        ("Task{title: \"a\"}", Code::ExpressionSyntax),
    ] {
        let problems = names().check(source, None).map(|typed| typed.ty.to_string()).unwrap_err();
        assert_eq!(code(&problems), Some(wanted), "{source}: {problems:?}");
    }
}

/// What is unknown fits everywhere, so only what was reported may be.
#[test]
fn what_is_accepted_has_a_known_type() {
    let names = names();
    assert_eq!(names.told("[].flatten()"), "a list of nulls");
    assert_eq!(names.told("input.prices.merge(input.json)"), "an object without known members");
    assert_eq!(names.told("\"2026-05-01\".plusDays(1)"), "a date");
    assert!(names.told("\"2026-05-01T09:00\".plusDays(1)").contains("is not a date"));
    assert!(names.condition("[].flatten().map(x, x)").is_err());
}

#[test]
fn a_mistake_in_a_clock_is_told_once() {
    let problems = names().check("today.at(coalesce(input.nowhere, \"09:00\"))", None).unwrap_err();
    assert_eq!(problems.iter().map(told).collect::<Vec<_>>(), ["C0032: the input has no `nowhere`"]);
}
