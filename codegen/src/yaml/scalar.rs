//! What a plain scalar means: the JSON-like core of YAML 1.2, and a list of spellings that are refused.

use super::Value;

/// Beyond this, an integer does not survive JSON.
const SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// Why a plain scalar is refused.
pub(super) struct Ambiguous {
    /// What to write instead.
    pub(super) instead: String,
}

/// The value of a plain (unquoted) scalar.
pub(super) fn plain(text: &str) -> Result<Value, Ambiguous> {
    match text {
        "" | "null" => return Ok(Value::Null),
        "true" => return Ok(Value::Boolean(true)),
        "false" => return Ok(Value::Boolean(false)),
        _ => {}
    }
    match text.to_ascii_lowercase().as_str() {
        "~" | "null" => return Err(quoted_or(text, "null")),
        "true" | "yes" | "on" | "y" => return Err(quoted_or(text, "true")),
        "false" | "no" | "off" | "n" => return Err(quoted_or(text, "false")),
        ".inf" | "-.inf" | "+.inf" | ".nan" => {
            return Err(Ambiguous { instead: format!("`'{text}'` for the text; JSON has no such number") });
        }
        _ => {}
    }
    if is_json_number(text) { number(text) } else { not_a_number(text) }
}

fn number(text: &str) -> Result<Value, Ambiguous> {
    if !text.contains(['.', 'e', 'E']) {
        return match text.parse::<i64>() {
            Ok(value) if value.abs() <= SAFE_INTEGER => Ok(Value::Integer(value)),
            _ => Err(Ambiguous { instead: format!("a number within ±{SAFE_INTEGER}, or `'{text}'` for the text") }),
        };
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Value::Number(value)),
        _ => Err(Ambiguous { instead: format!("a number within the range of 64 bits, or `'{text}'` for the text") }),
    }
}

/// Texts that look like numbers to some parsers are refused; all others are strings.
fn not_a_number(text: &str) -> Result<Value, Ambiguous> {
    let digits = text.trim_start_matches(['+', '-', '.']);
    let numeric = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|one| one.is_ascii_hexdigit() || matches!(one, '_' | '.' | 'x' | 'o' | 'b' | '+' | ':'))
        && !digits.contains(|one: char| one.is_ascii_alphabetic() && !matches!(one, 'x' | 'o' | 'b' | 'e' | 'E'));
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| digits.to_ascii_lowercase().starts_with(prefix));
    if numeric || (prefixed && digits.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')) {
        return Err(Ambiguous { instead: format!("a decimal number, or `'{text}'` for the text") });
    }
    Ok(Value::String(text.to_owned()))
}

fn quoted_or(text: &str, value: &str) -> Ambiguous {
    let value = if text == value { String::new() } else { format!("`{value}` for the value, ") };
    Ambiguous { instead: format!("{value}`'{text}'` for the text") }
}

/// The grammar of JSON's numbers.
fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|one| one.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
