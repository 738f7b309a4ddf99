//! Packed fields at the limits of their forms.

use serde_json::{Number, Value};

use super::{Incoming, Packer};
use crate::log::Cell;

#[test]
fn values_at_every_limit_stay_what_they_are_when_another_field_changes() {
    let texts: Vec<String> = [0, 1, 255, 256, 257, 65_535, 65_536, 70_000]
        .into_iter()
        .map(|len| "ä".repeat(len / 2) + &"x".repeat(len % 2))
        .collect();
    let integers = [0, -1, i64::from(i32::MAX), i64::from(i32::MAX) + 1, i64::from(i32::MIN), i64::from(i32::MIN) - 1];
    let floats = [0.0, -0.0, 1.0, 0.1, f64::MAX];
    let long = format!("[{}1]", "1,".repeat(200));
    let mut cells = vec![Cell::Null, Cell::Bool(true), Cell::Number(u64::MAX.into())];
    cells.extend(integers.into_iter().map(|number| Cell::Number(number.into())));
    cells.extend(floats.into_iter().filter_map(Number::from_f64).map(Cell::Number));
    cells.extend(texts.iter().map(|text| Cell::Text(text)));
    cells.extend(["[]", "[1,\"ä\"]", &long].map(|json| Cell::Array(json.to_owned())));
    cells.extend(["{}", "{\"a\":[1]}"].map(|json| Cell::Object(json.to_owned())));
    let expected = |cell: &Cell<'_>| match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => (*value).into(),
        Cell::Number(number) => Value::Number(number.clone()),
        Cell::Text(text) => (*text).into(),
        Cell::Array(json) | Cell::Object(json) => serde_json::from_str(json).unwrap(),
    };
    let names: Vec<String> = (0..cells.len()).map(|place| format!("f{place:02}")).collect();
    let incoming = |place: usize, at| Incoming { name: &names[place], at, value: &cells[place] };
    let mut packer = Packer::default();
    let mut fields = packer.pack("id", None, (0..cells.len()).map(|place| incoming(place, "t1")));
    for changed in 0..cells.len() {
        // A value of another kind, and the one that was there before.
        let other = Incoming { value: &cells[(changed + 1) % cells.len()], ..incoming(changed, "t2") };
        let moved = packer.pack("id", Some(&fields), std::iter::once(other));
        assert_eq!(moved.get(&names[changed]).unwrap().to_value(), expected(&cells[(changed + 1) % cells.len()]));
        fields = packer.pack("id", Some(&moved), std::iter::once(incoming(changed, "t3")));
        for (place, cell) in cells.iter().enumerate() {
            let at = if place <= changed { "t3" } else { "t1" };
            assert_eq!(fields.get(&names[place]).unwrap().to_value(), expected(cell), "{changed} {place}");
            assert_eq!(fields.at(&names[place]), Some(at));
        }
    }
    assert_eq!(fields.id(), "id");
}
