//! Decoded arguments as the values of expressions.

use mana_mcp_values::{Date, Moment, SmolStr, Timestamp, Value};

use super::{Id, JsonObject, Uuid};

/// What becomes a value of expressions. Types of the catalog derive it along with `Decode`.
pub trait IntoValue {
    /// The value. What is absent is null.
    fn into_value(self) -> Value;
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(SmolStr::from(self))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::int(self)
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::double(self)
    }
}

impl IntoValue for Id {
    fn into_value(self) -> Value {
        Value::text(self.as_ref())
    }
}

impl IntoValue for Uuid {
    fn into_value(self) -> Value {
        Value::text(self.to_string())
    }
}

impl IntoValue for Date {
    fn into_value(self) -> Value {
        Value::Date(self)
    }
}

impl IntoValue for Timestamp {
    fn into_value(self) -> Value {
        Value::Timestamp(self)
    }
}

impl IntoValue for Moment {
    fn into_value(self) -> Value {
        Value::Moment(self.into())
    }
}

impl IntoValue for JsonObject {
    fn into_value(self) -> Value {
        Value::from_json(&serde_json::Value::Object(self))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::list(self.into_iter().map(T::into_value))
    }
}
