use serde_json::json;

use super::{env_in, table};

#[test]
fn clocks_that_are_put_forward_or_back_are_read_as_people_read_them() {
    let berlin = env_in("Europe/Berlin");
    table(
        &berlin,
        "at_time",
        &json!([
            [["date:2026-03-28", "02:30"], "time:2026-03-28T01:30:00.000Z"],
            // There is no half past two: it becomes half past three.
            [["date:2026-03-29", "02:30"], "time:2026-03-29T01:30:00.000Z"],
            [["date:2026-03-29", "03:30"], "time:2026-03-29T01:30:00.000Z"],
            // There are two: it is the first.
            [["date:2026-10-25", "02:30"], "time:2026-10-25T00:30:00.000Z"],
            [["date:2026-10-25", "03:00"], "time:2026-10-25T02:00:00.000Z"],
            [["date:2026-05-02", "00:00"], "time:2026-05-01T22:00:00.000Z"],
            [["date:2026-05-02", "23:59:59"], "time:2026-05-02T21:59:59.000Z"],
            [["date:2026-05-02", "24:00"], null],
            [["date:2026-05-02", "9:00"], null],
            [["date:2026-05-02", ""], null],
            [["date:2026-05-02", "09:00Z"], null],
            [["date:2026-05-02", null], null],
            [[null, "09:00"], null],
            [["time:2026-05-02T00:00:00Z", "09:00"], null]
        ]),
    );
    table(
        &berlin,
        "start_of",
        &json!([
            [["time:2026-03-29T12:00:00Z", "day"], "time:2026-03-28T23:00:00.000Z"],
            [["time:2026-10-25T12:00:00Z", "day"], "time:2026-10-24T22:00:00.000Z"],
            [["time:2026-05-02T22:30:00Z", "day"], "time:2026-05-02T22:00:00.000Z"],
            [["time:2026-04-30T22:00:00Z", "month"], "time:2026-04-30T22:00:00.000Z"],
            [["time:2026-12-31T23:00:00Z", "year"], "time:2026-12-31T23:00:00.000Z"]
        ]),
    );
    table(
        &berlin,
        "end_of",
        &json!([
            [["time:2026-03-29T12:00:00Z", "day"], "time:2026-03-29T21:59:59.999Z"],
            [["time:2026-10-25T12:00:00Z", "day"], "time:2026-10-25T22:59:59.999Z"],
            [["time:2026-10-25T12:00:00Z", "week"], "time:2026-10-25T22:59:59.999Z"]
        ]),
    );
    table(
        &berlin,
        "time_of_day",
        &json!([
            [["time:2026-03-29T00:59:00Z"], "01:59"],
            [["time:2026-03-29T01:00:00Z"], "03:00"],
            [["time:2026-10-25T00:30:00Z"], "02:30"],
            [["time:2026-10-25T01:30:00Z"], "02:30"]
        ]),
    );
    table(
        &berlin,
        "seconds_between",
        &json!([
            [["date:2026-03-29", "date:2026-03-30"], 23 * 3600],
            [["date:2026-10-25", "date:2026-10-26"], 25 * 3600]
        ]),
    );
    table(
        &berlin,
        "days_between",
        &json!([
            [["time:2026-03-28T22:30:00Z", "time:2026-03-28T23:30:00Z"], 1],
            [["date:2026-03-29", "date:2026-03-30"], 1]
        ]),
    );
}

#[test]
fn days_begin_with_their_first_moment_where_midnight_is_skipped() {
    table(
        &env_in("America/Sao_Paulo"),
        "start_of",
        &json!([[["time:2018-11-04T12:00:00Z", "day"], "time:2018-11-04T03:00:00.000Z"]]),
    );
    table(
        &env_in("America/Sao_Paulo"),
        "end_of",
        &json!([[["time:2018-11-03T12:00:00Z", "day"], "time:2018-11-04T02:59:59.999Z"]]),
    );
    // Midnight comes twice.
    table(
        &env_in("America/Havana"),
        "start_of",
        &json!([[["time:2026-11-01T12:00:00Z", "day"], "time:2026-11-01T04:00:00.000Z"]]),
    );
}

#[test]
fn a_day_is_the_callers() {
    for (zone, day, weekday, clock) in [
        ("UTC", "date:2026-05-02", 6, "22:30"),
        ("Europe/Berlin", "date:2026-05-03", 7, "00:30"),
        ("Pacific/Kiritimati", "date:2026-05-03", 7, "12:30"),
        ("Pacific/Pago_Pago", "date:2026-05-02", 6, "11:30"),
        ("Asia/Kathmandu", "date:2026-05-03", 7, "04:15"),
    ] {
        let env = env_in(zone);
        table(&env, "date_of_time", &json!([[[format!("time:{}", super::NOW)], day]]));
        table(&env, "day_of", &json!([[[format!("time:{}", super::NOW)], day]]));
        table(&env, "weekday", &json!([[[format!("time:{}", super::NOW)], weekday]]));
        table(&env, "time_of_day", &json!([[[format!("time:{}", super::NOW)], clock]]));
        assert_eq!(format!("date:{}", env.today()), day);
    }
}

#[test]
fn a_moment_that_was_stored_as_midnight_in_utc_is_that_day() {
    let (east, west) = (env_in("Pacific/Kiritimati"), env_in("Pacific/Pago_Pago"));
    for (env, late, start) in [
        (&east, "date:2026-12-24", "time:2026-12-23T10:00:00.000Z"),
        (&west, "date:2026-12-23", "time:2026-12-24T11:00:00.000Z"),
    ] {
        table(
            env,
            "day_of",
            &json!([
                [["moment:2026-12-24T00:00:00.000Z"], "date:2026-12-24"],
                [["moment:2026-12-24T00:00:00+00:00"], "date:2026-12-24"],
                [["moment:2026-12-24"], "date:2026-12-24"],
                [["moment:2026-12-24T23:30"], "date:2026-12-24"],
                [["date:2026-12-24"], "date:2026-12-24"],
                [["moment:2026-12-24T00:00:00.001Z"], late],
                // The same instant, but no midnight as it is written; and an instant, which is no stored day.
                [["moment:2026-12-24T01:00:00+01:00"], late],
                [["time:2026-12-24T00:00:00Z"], late],
                [[null], null],
                [["2026-12-24"], null],
                [[5], null]
            ]),
        );
        table(
            env,
            "instant_of",
            &json!([
                [["moment:2026-12-24T00:00:00Z"], start],
                [["moment:2026-12-24"], start],
                [["moment:2026-12-24T00:00"], start],
                [["date:2026-12-24"], start],
                [["moment:2026-12-24T00:00:00.001Z"], "time:2026-12-24T00:00:00.001Z"],
                [["moment:2026-12-24T01:00:00.123456789+01:00"], "time:2026-12-24T00:00:00.123Z"],
                [["time:2026-12-24T00:00:00Z"], "time:2026-12-24T00:00:00.000Z"],
                [[null], null],
                [["2026-12-24"], null]
            ]),
        );
    }
}

#[test]
fn the_first_and_last_years_hold_in_all_zones() {
    for zone in ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let env = env_in(zone);
        table(
            &env,
            "end_of",
            &json!([
                [["date:9999-06-01", "year"], "date:9999-12-31"],
                [["date:0000-06-01", "year"], "date:0000-12-31"]
            ]),
        );
        table(&env, "year", &json!([[["time:0000-01-01T00:00:00Z"], 0], [["time:9999-12-31T23:59:59.999Z"], 9999]]));
        for time in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "9999-12-30T23:00:00Z", "0000-01-01T23:00:00Z"]
        {
            for (name, unit) in [("start_of", "day"), ("end_of", "day"), ("start_of", "week"), ("end_of", "year")] {
                let found = super::call(
                    name,
                    &env,
                    &[super::value(&json!(format!("time:{time}"))), super::value(&json!(unit))],
                );
                assert!(!found.unwrap().is_null(), "{name} {unit} of {time} in {zone}");
            }
        }
    }
}
