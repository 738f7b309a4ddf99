//! Values that are made from a schema: sound ones, and ones with a single fault.

use mana_mcp_runtime::decode::JsonObject;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;
use serde_json::{Number, Value, json};

pub(super) type Made = BoxedStrategy<Value>;

/// Whether a schema's values are made to be accepted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Aim {
    /// Sound values, but for equal items where chance repeats one.
    Sound,
    /// Values that are sound but for one place, which is at a bound, beyond it, damaged, or of another type. One alone,
    /// since a second fault would hide a disagreement over the first.
    Off,
}

/// Arguments for a tool of this schema, most of them with one fault.
pub(super) fn arguments(schema: &Value) -> Made {
    prop_oneof![1 => object(schema, Aim::Sound), 3 => object(schema, Aim::Off)].boxed()
}

/// A value of this schema.
pub(super) fn value(schema: &Value, aim: Aim) -> Made {
    match aim {
        Aim::Sound => of_schema(schema, aim),
        Aim::Off => prop_oneof![8 => of_schema(schema, aim), 1 => Just(Value::Null), 1 => anything()].boxed(),
    }
}

/// Values of the schema's types, under its keywords.
fn of_schema(schema: &Value, aim: Aim) -> Made {
    const MODELLED: &str = "$schema additionalProperties default description enum examples format items maxItems maxLength \
        maximum minItems minLength minimum pattern properties required title type uniqueItems";
    let keywords = schema.as_object().unwrap();
    let strange =
        keywords.keys().find(|keyword| !MODELLED.split_whitespace().any(|modelled| modelled == keyword.as_str()));
    assert_eq!(strange, None, "a keyword that this test does not know: {schema}");
    if let Some(values) = schema["enum"].as_array() {
        return select(values.clone()).boxed();
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    Union::new(types.iter().map(|name| match name.as_str().unwrap() {
        "string" => text(schema, aim),
        "integer" | "number" => number(schema, aim),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "null" => Just(Value::Null).boxed(),
        "array" => array(schema, aim),
        "object" => object(schema, aim),
        other => panic!("{other}"),
    }))
    .boxed()
}

fn object(schema: &Value, aim: Aim) -> Made {
    let Some(properties) = schema["properties"].as_object() else {
        let members = prop::collection::vec((name(Vec::new()), anything()), 0..3);
        return members.prop_map(|members| Value::Object(members.into_iter().collect())).boxed();
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let members = properties.iter().map(|(name, schema)| {
        let present = if required.contains(&json!(name)) { 100 } else { 50 };
        sometimes(present, (Just(name.clone()), value(schema, Aim::Sound)))
    });
    let members = members.collect::<Vec<_>>().prop_map(|members| members.into_iter().flatten().collect()).boxed();
    match aim {
        Aim::Sound => members.prop_map(Value::Object).boxed(),
        Aim::Off => (members, change(properties)).prop_map(|(members, change)| change.apply(members)).boxed(),
    }
}

/// What makes an object unsound, perhaps.
#[derive(Debug, Clone)]
enum Change {
    Set(String, Value),
    Remove(Index),
}

impl Change {
    fn apply(self, mut members: JsonObject) -> Value {
        match self {
            Self::Set(name, value) => {
                members.insert(name, value);
            }
            Self::Remove(place) if !members.is_empty() => {
                let name = place.get(&members.keys().cloned().collect::<Vec<_>>()).clone();
                members.shift_remove(&name);
            }
            Self::Remove(_) => {}
        }
        Value::Object(members)
    }
}

fn change(properties: &JsonObject) -> BoxedStrategy<Change> {
    let set = |(name, value)| Change::Set(name, value);
    let unknown = (name(properties.keys().cloned().collect()), anything()).prop_map(set).boxed();
    let remove = any::<Index>().prop_map(Change::Remove).boxed();
    let off = properties
        .iter()
        .map(|(name, schema)| (4, (Just(name.clone()), value(schema, Aim::Off)).prop_map(set).boxed()));
    Union::new_weighted(off.chain([(1, unknown), (1, remove)]).collect()).boxed()
}

/// A value in that percentage of cases.
fn sometimes<T>(percent: u32, values: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>>
where
    T: std::fmt::Debug,
{
    (0..100_u32, values).prop_map(move |(dice, value)| (dice < percent).then_some(value))
}

/// Names of properties: strange ones, and known ones slightly wrong.
fn name(known: Vec<String>) -> BoxedStrategy<String> {
    let strange = select(vec!["", "x", "__proto__", "$ref", "ti\u{0}tle", "名前", "a/b~c"]).prop_map(str::to_owned);
    if known.is_empty() {
        return strange.boxed();
    }
    let wrong =
        select(known).prop_flat_map(|name| select(vec![name.to_uppercase(), format!("{name} "), format!("_{name}")]));
    prop_oneof![strange, wrong].boxed()
}

fn text(schema: &Value, aim: Aim) -> Made {
    let sound = match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uuid"), _) => "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}".boxed(),
        (Some("date"), _) => date().boxed(),
        (Some("date-time"), _) => date_time().boxed(),
        (Some("date-or-time"), _) => moment().boxed(),
        (Some(other), _) => panic!("{other}"),
        (None, Some(pattern)) => {
            let matching = pattern.trim_start_matches('^').trim_end_matches('$');
            let matching = proptest::string::string_regex(matching).unwrap();
            let sizes = schema["minLength"].as_u64().unwrap_or(0)..=schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            let sized = matching
                .prop_filter("a size within bounds", move |text| sizes.contains(&(text.chars().count() as u64)));
            if aim == Aim::Sound { sized.boxed() } else { prop_oneof![sized, sized_text(schema, aim)].boxed() }
        }
        (None, None) => sized_text(schema, aim),
    };
    let made = if aim == Aim::Sound { sound } else { prop_oneof![4 => sound.clone(), 1 => damaged(sound)].boxed() };
    made.prop_map(Value::from).boxed()
}

/// Texts whose lengths lie at the bounds, of characters of one to four bytes.
fn sized_text(schema: &Value, aim: Aim) -> BoxedStrategy<String> {
    let characters = match aim {
        Aim::Sound => vec!['a', 'Z', ' ', 'é', '語', '💚'],
        Aim::Off => vec!['a', '\u{301}', 'é', '語', '💚', '\u{0}', '\n', '"', '\\', '\u{202e}'],
    };
    let sizes = sizes(&schema["minLength"], &schema["maxLength"], aim);
    (select(sizes), prop::collection::vec(select(characters), 1..4))
        .prop_map(|(size, characters)| characters.iter().cycle().take(size).collect())
        .boxed()
}

/// Sizes within the bounds, and around them if that is the aim.
fn sizes(least: &Value, most: &Value, aim: Aim) -> Vec<usize> {
    let least = least.as_u64().unwrap_or(0) as usize;
    let most = most.as_u64().unwrap_or(least as u64 + 4) as usize;
    let mut sizes = vec![least, least + 1, (least + 3).min(most), most.saturating_sub(1), most];
    match aim {
        Aim::Sound => sizes.retain(|size| (least..=most).contains(size)),
        Aim::Off => sizes.extend([least.saturating_sub(1), most + 1]),
    }
    sizes
}

/// Years in which no single wrong character leads to the years 0000 or 9999.
fn date() -> impl Strategy<Value = String> + Clone {
    let days = prop_oneof![Just(1_u32), Just(28), Just(29), Just(30), Just(31)];
    (2001..=2098_u32, 1..=12_u32, days).prop_filter_map("a day of the calendar", |(year, month, day)| {
        let date = format!("{year}-{month:02}-{day:02}");
        date.parse::<jiff::civil::Date>().is_ok().then_some(date)
    })
}

fn date_time() -> impl Strategy<Value = String> + Clone {
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,12}"];
    let offset = prop_oneof!["[Zz]", "[+-]([01][0-9]|2[0-3]):[0-5][0-9]"];
    // Whether the leap second is sound depends on the offset.
    let time = prop_oneof![9 => "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", 1 => Just("23:59:60".to_owned())];
    (date(), "[Tt]", time, fraction, offset)
        .prop_map(|(date, t, time, fraction, offset)| format!("{date}{t}{time}{fraction}{offset}"))
}

fn moment() -> impl Strategy<Value = String> + Clone {
    let seconds = prop_oneof![Just(String::new()), ":[0-5][0-9](\\.[0-9]{1,10})?", Just(":60".to_owned())];
    let time = ("T([01][0-9]|2[0-3]):[0-5][0-9]", seconds).prop_map(|(minute, second)| minute + &second);
    let offset = prop_oneof![2 => Just(String::new()), 1 => "[Zz]", 1 => "[+-]([01][0-9]|2[0-3]):[0-5][0-9]"];
    let timed = (date(), time, offset).prop_map(|(date, time, offset)| date + &time + &offset);
    prop_oneof![1 => date(), 3 => timed]
}

/// Texts with one character left out, put in or replaced.
fn damaged(texts: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let piece = select(vec!["", "", "0", "9", "a", "-", ":", ".", "T", "Z", " ", "+", "{", "\u{0}", "é", "٣"]);
    (texts, any::<Index>(), piece, any::<bool>())
        .prop_map(|(text, place, piece, replace)| {
            let mut characters: Vec<_> = text.chars().map(String::from).collect();
            let place = place.index(characters.len() + 1);
            let end = if replace { (place + 1).min(characters.len()) } else { place };
            characters.splice(place..end, [piece.to_owned()]);
            characters.concat()
        })
        .boxed()
}

/// Numbers at and beside the bounds, as integers and as floats, and the edges of what JSON readers hold.
fn number(schema: &Value, aim: Aim) -> Made {
    let (least, most) = (schema["minimum"].as_f64().unwrap_or(-1e3), schema["maximum"].as_f64().unwrap_or(1e3));
    let integer =
        schema["type"] == "integer" || schema["type"].as_array().is_some_and(|types| types.contains(&json!("integer")));
    let mut numbers = Vec::new();
    let steps = [-1.0, -0.05, 0.0, 0.05, 1.0].into_iter();
    for near in steps.flat_map(|step| [least + step, most + step, (least / 2.0 + most / 2.0).round() + step]) {
        numbers.extend([Number::from_f64(near), Number::from_f64(near + 0.5), Some(Number::from(near as i64))]);
    }
    let edges = [-0.0, 0.5, 1e21, 1e300, -1e300, 5e-324, 9_007_199_254_740_992.0];
    numbers.extend(edges.map(Number::from_f64));
    numbers.extend([9_007_199_254_740_993, i64::MIN, i64::MAX].map(|number| Some(Number::from(number))));
    numbers.push(Some(Number::from(u64::MAX)));
    let mut numbers: Vec<_> = numbers.into_iter().flatten().collect();
    if aim == Aim::Sound {
        let sound = |number: f64| (least..=most).contains(&number) && (!integer || number.fract() == 0.0);
        numbers.retain(|number| number.as_f64().is_some_and(sound));
    }
    select(numbers).prop_map(Value::Number).boxed()
}

fn array(schema: &Value, aim: Aim) -> Made {
    let items = |aim| if schema["items"].is_null() { anything() } else { value(&schema["items"], aim) };
    let (sound, off) = (items(Aim::Sound), items(Aim::Off));
    let sized = move |aim| {
        let sound = sound.clone();
        select(sizes(&schema["minItems"], &schema["maxItems"], aim))
            .prop_flat_map(move |size| prop::collection::vec(sound.clone(), size))
    };
    match aim {
        Aim::Sound => sized(aim).prop_map(Value::Array).boxed(),
        Aim::Off => {
            let one_off = (sized(Aim::Sound), any::<Index>(), off).prop_map(|(mut items, place, off)| {
                let place = place.index(items.len() + 1);
                items.splice(place..(place + 1).min(items.len()), [off]);
                items
            });
            let repeated = sized(Aim::Sound).prop_map(|mut items| {
                items.extend(items.first().map(respelled));
                items
            });
            prop_oneof![sized(Aim::Off), one_off, repeated].prop_map(Value::Array).boxed()
        }
    }
}

/// The same JSON value in another spelling, where it has one.
fn respelled(value: &Value) -> Value {
    match value.as_i64() {
        Some(integer) => json!(integer as f64),
        None => value.clone(),
    }
}

/// Values of any type.
fn anything() -> Made {
    let scalars = vec![json!(null), json!(true), json!(0), json!(1.5), json!(""), json!("x"), json!([]), json!({})];
    let nested = vec![json!([null]), json!([[1, "a"], {}]), json!({ "id": null }), json!({ "a": { "b": [{}] } })];
    select([scalars, nested].concat()).boxed()
}
