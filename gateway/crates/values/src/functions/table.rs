//! Dispatch by name, for the compiler's evaluator.

use super::{any, lists, maps, numbers, operators, text, times, totals};
use crate::{Env, Value};

/// Generates the list of names and the dispatch from one table.
macro_rules! functions {
    ($($module:ident::$name:ident($($parameter:ident),*))*) => {
        /// The functions that [`call`] dispatches, with their number of parameters: all except those that take a closure
        /// and `rank`, which takes the words of an enum.
        pub const NAMES: &[(&str, usize)] = &[$((stringify!($name), [$(stringify!($parameter)),*].len())),*];

        /// Calls a function by name. Returns `None` if there is no function with this name and number of parameters.
        /// Pass null for an optional parameter that is left out.
        pub fn call(name: &str, env: &Env, values: &[Value]) -> Option<Value> {
            match (name, values) {
                $((stringify!($name), [$($parameter),*]) => Some($module::$name(env, $($parameter),*)),)*
                _ => None,
            }
        }
    };
}

functions! {
    any::int(value)
    any::double(value)
    any::string(value)
    any::size(value)
    any::take(value, count)
    any::contains(value, part)
    operators::add(one, other)
    operators::sub(one, other)
    operators::mul(one, other)
    operators::div(one, other)
    operators::rem(one, other)
    operators::neg(value)
    operators::not(value)
    operators::equal(one, other)
    operators::less(one, other)
    operators::less_equal(one, other)
    operators::greater(one, other)
    operators::greater_equal(one, other)
    operators::is_in(element, container)
    operators::at(container, key)
    text::starts_with(text, start)
    text::ends_with(text, end)
    text::trim(text)
    text::trim_end(text)
    text::lower(text)
    text::upper(text)
    text::split(text, separator)
    text::replace(text, from, to)
    text::substring(text, from, to)
    text::index_of(text, part)
    text::word_count(text)
    text::excerpt(text, most)
    text::join(list, separator)
    lists::flatten(list)
    lists::distinct(list)
    lists::first(list)
    lists::last(list)
    lists::range(count)
    totals::sum(list)
    totals::avg(list)
    totals::min(list)
    totals::max(list)
    maps::with(map, name, value)
    maps::without(map, name)
    maps::merge(map, other)
    numbers::round(value, digits)
    numbers::floor(value)
    numbers::ceil(value)
    numbers::abs(value)
    times::date(text)
    times::seconds(count)
    times::minutes(count)
    times::hours(count)
    times::plus_days(date, days)
    times::plus_months(date, months)
    times::plus_years(date, years)
    times::at_time(date, clock)
    times::start_of(time, unit)
    times::end_of(time, unit)
    times::date_of_time(time)
    times::time_of_day(time)
    times::year(time)
    times::month(time)
    times::day(time)
    times::weekday(time)
    times::day_of(moment)
    times::instant_of(moment)
    times::seconds_between(from, to)
    times::days_between(from, to)
}
