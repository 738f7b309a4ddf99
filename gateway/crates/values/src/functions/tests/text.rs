use serde_json::json;

use super::{env, table};

#[test]
fn starts_and_ends_go_by_code_points() {
    table(
        &env(),
        "starts_with",
        &json!([
            [["garden", "gar"], true],
            [["garden", "den"], false],
            [["garden", ""], true],
            [["", ""], true],
            [["", "a"], false],
            [["e\u{301}a", "e"], true],
            [[null, "a"], null],
            [["a", null], null],
            [["a", 1], null],
            [[1, "1"], null],
            [[["a"], "a"], null]
        ]),
    );
    table(
        &env(),
        "ends_with",
        &json!([
            [["garden", "den"], true],
            [["garden", "gar"], false],
            [["garden", ""], true],
            [["👩‍👧", "👧"], true],
            [["", "a"], false],
            [[null, "a"], null],
            [["a", null], null],
            [["a", 1], null],
            [[1, "1"], null]
        ]),
    );
}

#[test]
fn trim_takes_the_white_space_of_the_web() {
    table(
        &env(),
        "trim",
        &json!([
            [["  a b\t\n"], "a b"],
            [[""], ""],
            [[" \u{a0}\u{feff}\u{2028}\u{3000}"], ""],
            [["\u{85}a\u{200b}"], "\u{85}a\u{200b}"],
            [[null], null],
            [[5], null],
            [[["a"]], null]
        ]),
    );
    table(
        &env(),
        "trim_end",
        &json!([[["  a b\t\n"], "  a b"], [["\n"], ""], [[""], ""], [["a\u{feff}"], "a"], [[null], null], [[5], null]]),
    );
}

#[test]
fn case_is_that_of_all_scripts() {
    table(
        &env(),
        "lower",
        &json!([
            [["ÄÖÜ"], "äöü"],
            [["ΟΔΟΣ"], "οδος"],
            [["İ"], "i\u{307}"],
            [["Ꭰ"], "ꭰ"],
            [["𐐀"], "𐐨"],
            [["中"], "中"],
            [[""], ""],
            [[null], null],
            [[1], null]
        ]),
    );
    table(
        &env(),
        "upper",
        &json!([
            [["straße"], "STRASSE"],
            [["ŉ"], "ʼN"],
            [["ﬁ"], "FI"],
            [["e\u{301}"], "E\u{301}"],
            [[""], ""],
            [[null], null],
            [[1], null]
        ]),
    );
}

#[test]
fn split_and_join_undo_each_other() {
    table(
        &env(),
        "split",
        &json!([
            [["a,b,,c", ","], ["a", "b", "", "c"]],
            [["", ","], [""]],
            [["abc", ","], ["abc"]],
            [["aé👩", ""], ["a", "é", "👩"]],
            [["", ""], []],
            [[",", ","], ["", ""]],
            [["a--b", "--"], ["a", "b"]],
            [["aaa", "aa"], ["", "a"]],
            [[null, ","], null],
            [["a", null], null],
            [["a", 1], null],
            [[["a"], ","], null]
        ]),
    );
    table(
        &env(),
        "join",
        &json!([
            [[["a", "b"], ", "], "a, b"],
            [[[], ", "], ""],
            [[["a"], ", "], "a"],
            [[["a", null, "b"], "-"], "a-b"],
            [[[null], "-"], ""],
            [[["", ""], "-"], "-"],
            [[[1, 2.0, true, "date:2026-01-01"], " "], "1 2 true 2026-01-01"],
            [[null, ","], null],
            [[["a"], null], null],
            [["a", ","], null],
            [[["a"], 1], null]
        ]),
    );
}

#[test]
fn replace_replaces_all() {
    table(
        &env(),
        "replace",
        &json!([
            [["aXbX", "X", "--"], "a--b--"],
            [["aaa", "aa", "b"], "ba"],
            [["abc", "", "-"], "-a-b-c-"],
            [["", "", "-"], "-"],
            [["abc", "x", "y"], "abc"],
            [["abc", "b", ""], "ac"],
            [["ñ", "n", "x"], "ñ"],
            [[null, "a", "b"], null],
            [["a", null, "b"], null],
            [["a", "a", null], null],
            [[1, "a", "b"], null],
            [["a", 1, "b"], null]
        ]),
    );
}

#[test]
fn substring_is_cut_at_both_ends() {
    table(
        &env(),
        "substring",
        &json!([
            [["abcde", 1, 3], "bc"],
            [["abcde", 1, null], "bcde"],
            [["abcde", 0, 99], "abcde"],
            [["abcde", 5, 9], ""],
            [["abcde", 9, null], ""],
            [["abcde", 3, 1], ""],
            [["abcde", -2, 2], "ab"],
            [["abcde", -5, -2], ""],
            [["a👩‍👧é", 1, 2], "👩"],
            [["e\u{301}x", 1, 2], "\u{301}"],
            [["", 0, 1], ""],
            [["abc", i64::MAX, i64::MIN], ""],
            [["abc", i64::MIN, i64::MAX], "abc"],
            [[null, 0, 1], null],
            [["abc", null, 1], null],
            [["abc", 0, "1"], null],
            [["abc", 0.0, 1], null],
            [[[1, 2], 0, 1], null]
        ]),
    );
}

#[test]
fn positions_count_code_points() {
    table(
        &env(),
        "index_of",
        &json!([
            [["abc", "c"], 2],
            [["👩‍👧c", "c"], 3],
            [["abc", ""], 0],
            [["", ""], 0],
            [["abc", "x"], null],
            [["abab", "b"], 1],
            [[null, "a"], null],
            [["a", null], null],
            [["a", 1], null]
        ]),
    );
}

#[test]
fn words_are_separated_by_any_white_space() {
    table(
        &env(),
        "word_count",
        &json!([
            [[""], 0],
            [[" \n\t"], 0],
            [["ein Wort\u{a0}mehr\n\nund noch-eins "], 5],
            [["ein\u{85}Wort \u{feff}zwei\u{feff}drei\u{2028}vier\u{200b}"], 4],
            [["中文"], 1],
            [[null], null],
            [[5], null]
        ]),
    );
}

#[test]
fn an_excerpt_is_one_line() {
    table(
        &env(),
        "excerpt",
        &json!([
            [["  a \n\t b  ", 10], "a b"],
            [["abcdef", 6], "abcdef"],
            [["abcdef", 5], "abcd…"],
            [["ab cd", 3], "ab…"],
            [["ab cd", 4], "ab …"],
            [["ab cd", 5], "ab cd"],
            [["ab cd ", 5], "ab cd"],
            [["ab", 1], "…"],
            [["a", 1], "a"],
            [["a b", 1], "…"],
            [["ab", 0], ""],
            [["", 5], ""],
            [["ab", -3], ""],
            [["👩‍👧é", 3], "👩\u{200d}…"],
            [["a b", i64::MAX], "a b"],
            [[null, 5], null],
            [["a", null], null],
            [["a", 1.5], null],
            [[5, 5], null]
        ]),
    );
}
